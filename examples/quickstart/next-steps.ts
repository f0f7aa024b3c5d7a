/** What the quickstart proposes to try; a test runs every line of it. */

export interface NextStep {
  readonly command: string;
  readonly what: string;
}

const MODEL = 't2v-A14B-mini@2.2.0';
const WEIGHTS = 'transformer/diffusion_pytorch_model-00001-of-00012.safetensors';

export function nextSteps({ root, manifest }: { readonly root: string; readonly manifest: string }): NextStep[] {
  return process.platform === 'win32' ? windowsSteps(root, manifest) : posixSteps(root, manifest);
}

function posixSteps(root: string, manifest: string): NextStep[] {
  return [
    {
      what: 'tell every command where the models and the manifest are',
      command: `export MODELS_ROOT=${quoted(root)} WAN_MODELS_MANIFEST=${quoted(manifest)}`,
    },
    { what: 'read every byte again', command: `npx wan models verify ${MODEL}` },
    {
      what: 'lose a file',
      command: `rm -f "$(npx wan models path ${MODEL})/${WEIGHTS}"`,
    },
    { what: 'status sees it: PARTIAL, one file missing', command: `npx wan models status ${MODEL}` },
    { what: 'ensure mends it from the store: nothing is transferred', command: `npx wan models ensure ${MODEL}` },
    {
      what: 'the same model with a LoRA: only that is fetched, the rest is linked',
      command: `npx wan models ensure ${MODEL} --overlay lightning-4steps`,
    },
    { what: 'what a loader is told of it', command: `cat "$(npx wan models path ${MODEL} --overlay lightning-4steps)/overlays.json"` },
    { what: 'parameters, number formats, defaults, memory', command: `npx wan models show ${MODEL}` },
    { what: 'for programs: one JSON document', command: 'npx wan models status --json' },
  ];
}

function windowsSteps(root: string, manifest: string): NextStep[] {
  return [
    {
      what: 'tell every command where the models and the manifest are',
      command: `$env:MODELS_ROOT="${root}"; $env:WAN_MODELS_MANIFEST="${manifest}"`,
    },
    { what: 'read every byte again', command: `npx wan models verify ${MODEL}` },
    { what: 'for programs: one JSON document', command: 'npx wan models status --json' },
  ];
}

const quoted = (path: string): string => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
