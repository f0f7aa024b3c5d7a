/** The built command in a working place of its own: real process, real manifest, real sources. */
import { type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tempDir } from './temp-dir.ts';

export const PROJECT = join(import.meta.dirname, '..', '..');
export const WAN = join(PROJECT, 'bin', 'wan.js');

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called once the process runs. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
  readonly onStderr?: (text: string, child: ReturnType<typeof spawn>) => void;
}

export interface Place {
  /** Holds models.toml and the sources; the working directory of every run. */
  readonly directory: string;
  readonly root: string;
  wan(args: readonly string[], options?: RunOptions): Promise<Outcome>;
}

export interface ModelFixture {
  /** Path -> content. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  /** Default: a `local://` source beside the manifest, made from `files`. */
  readonly sources?: readonly string[];
  readonly variants?: readonly string[];
}

/** A folder with a manifest of these models, their local sources, and an empty MODELS_ROOT. */
export async function placeWith(models: Readonly<Record<string, ModelFixture>>): Promise<Place> {
  if (!existsSync(join(PROJECT, 'dist', 'cli.cjs')))
    throw new Error('dist/cli.cjs is missing: `npm test` builds it, or run `npm run build`');
  const directory = await tempDir();
  const root = join(directory, 'root');
  await writeFile(join(directory, 'models.toml'), manifestOf(models));
  for (const [id, { files, sources }] of Object.entries(models)) {
    if (sources === undefined) await writeFiles(join(directory, 'source', nameOf(id)), files);
  }
  return { directory, root, wan: (args, options) => runWan(args, { ...options, directory, root }) };
}

const manifestOf = (models: Readonly<Record<string, ModelFixture>>): string =>
  ['schema_version = 1', ...Object.entries(models).flatMap(([id, model]) => modelTables(id, model)), ''].join('\n');

function modelTables(id: string, { files, sources, variants = ['fp16'] }: ModelFixture): readonly string[] {
  return [
    `[models."${id}"]`,
    `description = "${nameOf(id)} for tests"`,
    `version = "${id.split('@')[1]}"`,
    `variants = ${JSON.stringify(variants)}`,
    `default_variant = "${variants[0]}"`,
    ...Object.entries(files).flatMap(([path, content]) => fileTable(id, path, Buffer.from(content))),
    `[models."${id}".sources]`,
    `priority = ${JSON.stringify(sources ?? [`local://source/${nameOf(id)}`])}`,
  ];
}

const fileTable = (id: string, path: string, content: Buffer): readonly string[] => [
  `[[models."${id}".files]]`,
  `path = "${path}"`,
  `size = ${content.length}`,
  `sha256 = "${hash('sha256', content)}"`,
];

const nameOf = (id: string): string => id.split('@')[0] ?? id;

async function writeFiles(directory: string, files: ModelFixture['files']): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

interface Run extends RunOptions {
  readonly directory: string;
  readonly root: string;
}

/** Only what a run needs of the surroundings, so that no test depends on the machine's own configuration. */
export const cleanEnvironment = ({ directory, root }: Pick<Run, 'directory' | 'root'>): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: directory,
  XDG_CONFIG_HOME: join(directory, '.config'),
  LANG: 'C.UTF-8',
  MODELS_ROOT: root,
});

function runWan(args: readonly string[], { directory, root, env, onStart, onStderr }: Run): Promise<Outcome> {
  const options: SpawnOptionsWithoutStdio = { cwd: directory, env: { ...cleanEnvironment({ directory, root }), ...env } };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WAN, ...args], options);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onStderr?.(stderr, child);
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
    onStart?.(child);
  });
}
