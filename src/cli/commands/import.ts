import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ImportOptions } from '../../orchestrator/api.ts';
import { importWire } from '../../wire/import-wire.ts';
import type { Command } from '../command.ts';
import { PROGRESS_OPTION } from '../common-options.ts';
import { EXIT } from '../exit-statuses.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { importText } from '../render/import-text.ts';
import type { Session } from '../session.ts';
import { usageError } from '../usage-error.ts';
import { withProgress } from '../with-progress.ts';

const KINDS = ['hf-cache', 'folder', 'ollama', 'lmstudio', 'comfyui'] as const;
const LINKS = ['auto', 'reflink', 'hard', 'copy'] as const;

export const importVerb: Command = {
  summary: 'Take over what other tools have here, instead of fetching it',
  description:
    'Files whose size fits one of the manifest are read once, and taken where their sha256 is one of its models; names decide nothing. Blocks are shared where the volume can, so that nothing is copied. Models that are whole then are published. PATH is the place where the tool keeps its models, by default its own. The other tool keeps its files. Exit status 10: a model that was named is not whole.',
  schema: 'wan.models.import/v1',
  operands: {
    name: 'PATH',
    min: 0,
    max: Number.POSITIVE_INFINITY,
    completes: 'directory',
    thenCompletes: 'ref',
    forms: ['[options] --from KIND [PATH [REF…]]'],
  },
  options: [
    { name: 'from', value: 'KIND', choices: KINDS, summary: 'whose layout it is' },
    {
      name: 'link',
      value: 'HOW',
      choices: LINKS,
      summary: 'how bytes come in: auto shares blocks (reflink), else copies; hard keeps one file, which nobody may edit any more',
    },
    { name: 'dry-run', summary: 'read no file, change nothing: what names and sizes promise' },
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models import --from hf-cache', what: 'what the Hugging Face clients have fetched' },
    { command: 'wan models import --from comfyui ~/ComfyUI', what: 'its models folder, and those of extra_model_paths.yaml' },
    { command: 'wan models import --from folder /mnt/old t2v-A14B@2.2.0 --link hard', what: 'one model; the volume has no reflinks' },
    { command: 'wan models import --from ollama --dry-run --json', what: 'what is there, for programs' },
  ],
  exitStatuses: [EXIT.notComplete, 3, 4, 6, 7, 9, 130, 143],
  run: async (session, args) => {
    const { from, path, refs, home } = await placeOf(session, args);
    const orchestrator = await session.orchestrator();
    const link = args.text('link') as ImportOptions['link'];
    const options: ImportOptions = {
      ...{ from, path, home, signal: session.signal },
      ...(link && { link }),
      ...(args.has('dry-run') && { dryRun: true }),
    };
    const report = await withProgress(session, (onEvent) => orchestrator.import(refs, { ...options, onEvent }));
    const whole = new Set(report.models.filter(({ state }) => state !== 'partial').map(({ ref }) => ref.modelId));
    const isShort = refs.length > 0 && (report.models.some(({ state }) => state === 'partial') || whole.size === 0);
    return {
      wire: () => importWire(report),
      text: (screen) => importText(screen, report),
      ...(isShort && { exitStatus: EXIT.notComplete }),
    };
  },
};

interface Place {
  readonly from: ImportOptions['from'];
  readonly path: string;
  readonly refs: readonly string[];
  readonly home: string;
}

/** The first word is a place where it looks like one, or is one; all others are models. */
async function placeOf(session: Session, args: ParsedArgs): Promise<Place> {
  const from = args.text('from') as Place['from'] | undefined;
  if (from === undefined) throw usageError('missing_value', 'wan models import needs --from', `write --from ${KINDS.join('|')}`);
  const { env, cwd } = session.io;
  const home = env.HOME ?? env.USERPROFILE ?? cwd;
  const [first, ...rest] = args.operands;
  const isPath = first !== undefined && (/[/\\]|^[.~]|\.ya?ml$/.test(first) || existsSync(resolve(cwd, first)));
  if (isPath) return { from, path: resolve(cwd, first), refs: rest, home };
  const own = await ownPlace(session, from, home);
  if (own === undefined) throw usageError('missing_operand', `wan models import --from ${from} needs PATH`, `write --from ${from} PATH`);
  return { from, path: own, refs: args.operands, home };
}

/** Where each tool keeps its models unless it is told otherwise. */
async function ownPlace({ io: { env }, config }: Session, from: Place['from'], home: string): Promise<string | undefined> {
  switch (from) {
    case 'hf-cache':
      return (await config()).hfCacheDir;
    case 'ollama':
      return env.OLLAMA_MODELS ?? join(home, '.ollama', 'models');
    case 'lmstudio':
      return join(home, '.lmstudio', 'models');
    case 'comfyui':
      return join(home, 'ComfyUI');
    case 'folder':
      return undefined;
  }
}
