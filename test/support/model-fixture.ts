/**
 * Models in a world of their own: a manifest with real sizes and digests, folders and servers that have the files, an empty
 * MODELS_ROOT, and the product run against them in this process or as the built command.
 *
 *     const world = await modelFixture({ files: { 'a.bin': seeded(300_000, 1) }, sources: ['local', 'http'] });
 *     await using orchestrator = await world.orchestrator();
 *     await orchestrator.ensure(MODEL);
 *     const { code, json } = await world.cli(['models', 'status', MODEL, '--json']);
 *
 * A source is a URL, or `local[:name]` for a folder, or `http[:name]` for a server, each made with every file of the model in
 * it under the model's id: `world.folder('local')`, `world.server('http:mirror').fault(`${MODEL}/a.bin`, status(503))`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ModelEnsurer } from '../../src/compose.ts';
import type { EventSink } from '../../src/domain/events.ts';
import type { ModelOrchestrator } from '../../src/orchestrator/api.ts';
import { type Content, FaultServer, literal, sha256Hex } from '../servers/http/fault-server.ts';
import { lastEvents } from './last-events.ts';
import { tempDir } from './temp-dir.ts';

/** The id where a fixture has but one model. */
export const MODEL = 't2v-tiny@2.2.0';
const PROJECT = join(import.meta.dirname, '..', '..');
const BIN = join(PROJECT, 'bin', 'wan.js');

type Bytes = Content | Uint8Array | string;
type Toml = string | number | boolean | readonly Toml[] | { readonly [key: string]: Toml };

/** A file, and what the manifest says of it besides path, size and sha256; `sha256: null` leaves the digest out. */
export interface FixtureFile {
  readonly content: Bytes;
  readonly keys?: Readonly<Record<string, Toml | null>>;
}

export interface FixtureModel {
  /** Path -> bytes. */
  readonly files: Readonly<Record<string, Bytes | FixtureFile>>;
  /** Best first. Default `['local']`. */
  readonly sources?: readonly string[];
  /** Further keys of the model's table: `variants`, `optional_components`, `overlays`, … */
  readonly keys?: Readonly<Record<string, Toml>>;
}

interface Surroundings {
  /** MODELS_ROOT. Default: a folder that does not exist yet. */
  readonly root?: string;
  /** Configuration on top of the fixture's own, or over it. */
  readonly env?: Readonly<Record<string, string>>;
}

export type ModelFixtureOptions = Surroundings & (FixtureModel | { readonly models: Readonly<Record<string, FixtureModel>> });

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one document that `--json` prints. */
  json<T = Document>(): T;
}

interface Document {
  readonly schema: string;
  readonly ok: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  readonly error: {
    readonly code: string;
    readonly reason?: string;
    readonly message: string;
    readonly hint: string;
    readonly attempts?: readonly { readonly source: string; readonly code: string; readonly message: string; readonly file?: string }[];
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

export type UsedOrchestrator = ModelOrchestrator & AsyncDisposable;

export async function modelFixture(options: ModelFixtureOptions): Promise<ModelWorld> {
  const world = new ModelWorld(await tempDir(), options);
  await world.write('models' in options ? options.models : { [MODEL]: options });
  return world;
}

export class ModelWorld {
  /** Holds models.toml and the source folders; the working directory of every run. */
  readonly directory: string;
  readonly modelsRoot: string;
  readonly manifestPath: string;
  /** The whole environment of every run: nothing of this machine's own configuration gets in. */
  readonly env: Readonly<Record<string, string>>;
  readonly #servers = new Map<string, FaultServer>();

  constructor(directory: string, { root, env }: Surroundings) {
    this.directory = directory;
    this.modelsRoot = root ?? join(directory, 'models');
    this.manifestPath = join(directory, 'models.toml');
    this.env = {
      PATH: process.env.PATH ?? '',
      HOME: directory,
      XDG_CONFIG_HOME: join(directory, '.config'),
      MODELS_ROOT: this.modelsRoot,
      WAN_MODELS_MANIFEST: this.manifestPath,
      WAN_PIECE_BYTES: '262144',
      WAN_CONNECTIONS: '4',
      WAN_SAFETY_MARGIN: '0',
      WAN_RETRY_ATTEMPTS: '0',
      WAN_LOCK_TIMEOUT: '30s',
      ...env,
    };
  }

  /** Writes the manifest, and fills folders and servers; models written before are no longer in the manifest. */
  async write(models: Readonly<Record<string, FixtureModel>>): Promise<void> {
    const tables: string[] = ['schema_version = 1'];
    for (const [id, model] of Object.entries(models)) {
      const sources: string[] = [];
      for (const source of model.sources ?? ['local']) sources.push(await this.#fill(source, id, model));
      tables.push(manifestTables(id, model, sources));
    }
    await writeFile(this.manifestPath, tables.join('\n\n'));
  }

  /** The published directory of a model (with `@variant` where that is not the default one). */
  modelDir(ref = MODEL): string {
    return join(this.modelsRoot, 'wan22', ref);
  }

  /** A source folder: holds `<id>/<path>`. */
  folder(source = 'local'): string {
    return join(this.directory, source.replace(':', '-'));
  }

  server(source = 'http'): FaultServer {
    const server = this.#servers.get(source);
    if (server === undefined) throw new Error(`no source of this fixture is ${source}`);
    return server;
  }

  /** In this process. Closed with `await using`, or with the test. */
  async orchestrator(
    options: { readonly env?: Readonly<Record<string, string>>; readonly sinks?: readonly EventSink[] } = {},
  ): Promise<UsedOrchestrator> {
    const { env, sinks = [], ...rest } = options;
    const all = { env: { ...this.env, ...env }, cwd: this.directory, sinks: [...sinks, lastEvents()], ...rest };
    const orchestrator = await ModelEnsurer.fromConfig(all);
    onTestFinished(() => orchestrator.close());
    return Object.assign(orchestrator, { [Symbol.asyncDispose]: () => orchestrator.close() });
  }

  /** Runs the built command to its end. */
  cli(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Promise<Ran> {
    return this.start(args, env).ended;
  }

  /** Starts the built command: for tests that kill it, or run several; with `stdin: 'pipe'`, that hold its input. */
  start(
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
    { stdin = 'ignore' }: { readonly stdin?: 'ignore' | 'pipe' } = {},
  ): { child: ChildProcess; ended: Promise<Ran> } {
    if (!existsSync(join(PROJECT, 'dist', 'cli.cjs')))
      throw new Error('dist/cli.cjs is missing: `npm test` builds it, or run `npm run build`');
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: this.directory,
      env: { ...this.env, ...env },
      stdio: [stdin, 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return { child, ended: endOf(child) };
  }

  /** Makes one source real; returns its URL. */
  async #fill(source: string, id: string, model: FixtureModel): Promise<string> {
    if (source.includes('://')) return source;
    if (source.startsWith('local')) return this.#fillFolder(source, id, model);
    const server = this.#servers.get(source) ?? (await this.#startServer(source));
    for (const [path, file] of Object.entries(model.files)) server.put(`${id}/${path}`, contentOf(file));
    return `${server.url}/${id}`;
  }

  async #startServer(source: string): Promise<FaultServer> {
    const server = await FaultServer.start();
    onTestFinished(() => server.stop());
    this.#servers.set(source, server);
    return server;
  }

  async #fillFolder(source: string, id: string, { files }: FixtureModel): Promise<string> {
    for (const [path, file] of Object.entries(files)) {
      const content = contentOf(file);
      const target = join(this.folder(source), id, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content.read(0, content.sizeBytes));
    }
    return `local://${source.replace(':', '-')}/${id}`;
  }
}

/** The bytes of a file of a fixture, as sources have them. */
function contentOf(file: Bytes | FixtureFile): Content {
  if (typeof file === 'string' || file instanceof Uint8Array) return literal(file);
  return 'content' in file ? contentOf(file.content) : file;
}

export const digestOf = (file: Bytes | FixtureFile): string => sha256Hex(contentOf(file));

export const textOf = (file: Bytes | FixtureFile): Buffer => {
  const content = contentOf(file);
  return Buffer.from(content.read(0, content.sizeBytes));
};

function manifestTables(id: string, { files, keys }: FixtureModel, sources: readonly string[]): string {
  const table = `models."${id}"`;
  const head = { description: 'a fixture', version: id.slice(id.indexOf('@') + 1), ...keys };
  const rows = Object.entries(files).map(([path, file]) => {
    const content = contentOf(file);
    const own = typeof file === 'object' && 'content' in file ? file.keys : {};
    return `[[${table}.files]]\n${lines({ path, size: content.sizeBytes, sha256: sha256Hex(content), ...own })}`;
  });
  return [`[${table}]\n${lines(head)}`, ...rows, `[${table}.sources]\n${lines({ priority: sources })}`].join('\n\n');
}

const lines = (keys: Readonly<Record<string, Toml | null>>): string =>
  Object.entries(keys)
    .flatMap(([key, value]) => (value === null ? [] : [`${key} = ${toml(value)}`]))
    .join('\n');

function toml(value: Toml): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => toml(item as Toml)).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)} = ${toml(item as Toml)}`)
    .join(', ')} }`;
}

function endOf(child: ChildProcess): Promise<Ran> {
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const out = stdout();
      resolve({ code, signal, stdout: out, stderr: stderr(), json: () => JSON.parse(out) });
    });
  });
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
