import { existsSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { ModelError } from '../../domain/errors.ts';
import { addWire } from '../../wire/lock-report-wire.ts';
import type { Command } from '../command.ts';
import { LOCK_OPTIONS, lockOptions } from '../lock-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { addText } from '../render/manifest-edits-text.ts';
import type { Session } from '../session.ts';
import { withProgress } from '../with-progress.ts';

/** Where none is configured or found: beside whoever adds the first model. */
const NEW_MANIFEST = 'models.toml';

export const add: Command = {
  summary: 'Add a model of any source to the manifest, and pin it',
  description:
    'SOURCE is hf://org/name[@revision], s3://bucket/prefix, github://owner/repo[@tag], a folder, or the URL of one file at a web server. The new table comes to the end of the manifest, comments and layout of which stay as they are; where there is no manifest yet, models.toml is made here. The files of the model are pinned in the lockfile. Licence and type are taken from what the source says of itself. Nothing is downloaded to keep: `wan models ensure` does that.',
  schema: 'wan.models.add/v1',
  operands: { name: 'SOURCE', min: 1, max: 1, completes: 'directory' },
  options: [
    { name: 'as', value: 'ID', summary: 'its id, name or name@version (default: from the source, version 1.0.0)' },
    { name: 'include', value: 'GLOB', repeats: true, summary: 'only files that match' },
    { name: 'family', value: 'NAME', summary: 'folder under MODELS_ROOT (default: the organisation of the repository)' },
    { name: 'type', value: 'TYPE', summary: 'what it does, for example text-generation (default: as the source says)' },
    { name: 'license', value: 'NAME', summary: 'its licence (default: as the source says)' },
    ...LOCK_OPTIONS,
  ],
  examples: [
    { command: 'wan models add hf://sentence-transformers/all-MiniLM-L6-v2 --as minilm', what: 'an embedding model of the Hub' },
    { command: "wan models add hf://Qwen/Qwen3-8B@main --include '*.safetensors' --include '*.json'", what: 'a part of a repository' },
    { command: 'wan models add ./my-lora --as my-lora@1.2.0', what: 'a folder of this machine' },
  ],
  exitStatuses: [3, 4, 5, 7, 8, 9, 130, 143],
  run: async (session, args) => {
    const [operand = ''] = args.operands;
    const manifestPath = (await session.config()).manifestPath ?? resolve(session.io.cwd, NEW_MANIFEST);
    const orchestrator = await session.orchestrator(manifestPath);
    const source = sourceOf(session, { operand, manifestPath });
    const options = { ...lockOptions(session, args), ...factOptions(args) };
    const report = await withProgress(session, (onEvent) => orchestrator.add(source, { ...options, onEvent }));
    return { wire: () => addWire(report), text: (screen) => addText(screen, report) };
  },
};

function factOptions(args: ParsedArgs) {
  const include = args.texts('include');
  const [as, family, type, license] = ['as', 'family', 'type', 'license'].map((name) => args.text(name));
  return {
    ...(as !== undefined && { as }),
    ...(include.length > 0 && { include }),
    ...(family !== undefined && { family }),
    ...(type !== undefined && { type }),
    ...(license !== undefined && { license }),
  };
}

/** A folder beside or below the manifest is named from there, so that both can move. */
function sourceOf({ io }: Session, { operand, manifestPath }: { readonly operand: string; readonly manifestPath: string }): string {
  if (/^[a-z0-9]+:\/\//i.test(operand)) return operand;
  const path = resolve(io.cwd, operand);
  if (!existsSync(path) || !statSync(path).isDirectory()) throw notAFolder(operand, path);
  const below = relative(dirname(manifestPath), path);
  const isBelow = below !== '' && !isAbsolute(below) && !below.split(/[\\/]/).includes('..');
  return isBelow ? `local://${below.replaceAll('\\', '/')}` : `local://${path}`;
}

/** Also what the clients of the Hub call a repository. */
function notAFolder(operand: string, path: string): ModelError {
  const what = existsSync(path) ? `${path} is a file` : `there is no folder ${path}`;
  const isRepository = /^[\w.-]+\/[\w.-]+(?:@[\w./-]+)?$/.test(operand) && !operand.startsWith('.');
  const hint = existsSync(path)
    ? `name its folder: wan models add ${dirname(operand)} --include ${basename(operand)}`
    : `name a folder that is there, or a source with its scheme, such as hf://${isRepository ? operand : 'org/name'}`;
  return new ModelError('INVALID_INPUT', what, { reason: 'not_a_folder', hint });
}
