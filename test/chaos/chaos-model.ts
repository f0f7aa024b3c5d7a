/** A model served over real HTTP, and the built command run against it as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Content, FaultServer, seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { tempDir } from '../support/temp-dir.ts';

export const MODEL = 't2v-chaos@2.2.0';
const BIN = join(import.meta.dirname, '..', '..', 'bin', 'wan.js');

export interface ChaosModelOptions {
  /** Path -> size. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly pieceBytes?: number;
  readonly connections?: number;
  /** More models over the same files, so that they share every blob. */
  readonly twins?: readonly string[];
  /** Default: a folder of its own. */
  readonly root?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one document that `--json` prints. */
  json<T = Record<string, unknown>>(): T;
}

export class ChaosModel {
  readonly server: FaultServer;
  readonly contents: Readonly<Record<string, Content>>;
  readonly root: string;
  readonly manifest: string;
  readonly totalBytes: number;
  readonly env: NodeJS.ProcessEnv;

  static async start(options: ChaosModelOptions): Promise<ChaosModel> {
    const directory = await tempDir();
    const contents = Object.fromEntries(Object.entries(options.sizes).map(([path, size], index) => [path, seeded(size, index + 1)]));
    const server = await FaultServer.start({ files: contents });
    onTestFinished(() => server.stop());
    return new ChaosModel({ ...options, directory, contents, server });
  }

  private constructor(parts: ChaosModelOptions & { directory: string; contents: Readonly<Record<string, Content>>; server: FaultServer }) {
    const { directory, contents, server } = parts;
    this.server = server;
    this.contents = contents;
    this.root = parts.root ?? join(directory, 'models');
    this.manifest = join(directory, 'models.toml');
    this.totalBytes = Object.values(contents).reduce((sum, content) => sum + content.sizeBytes, 0);
    mkdirSync(this.root, { recursive: true });
    writeFileSync(this.manifest, manifestText([MODEL, ...(parts.twins ?? [])], contents, [server.url]));
    this.env = {
      PATH: process.env.PATH,
      HOME: directory,
      TMPDIR: process.env.TMPDIR ?? '/tmp',
      MODELS_ROOT: this.root,
      WAN_MODELS_MANIFEST: this.manifest,
      WAN_PIECE_BYTES: String(parts.pieceBytes ?? 256 * 1024),
      WAN_CONNECTIONS: String(parts.connections ?? 4),
      WAN_SAFETY_MARGIN: '0',
      ...parts.env,
    };
  }

  /** Writes the manifest anew with these sources, best first. */
  useSources(sources: readonly string[]): void {
    writeFileSync(this.manifest, manifestText([MODEL], this.contents, sources));
  }

  get directory(): string {
    return join(this.root, 'wan22', MODEL);
  }

  spawn(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(process.execPath, [BIN, ...args], { env: { ...this.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    return ended(this.spawn(args, env));
  }

  ensure(...flags: string[]): Promise<Ran> {
    return this.run(['models', 'ensure', MODEL, '--json', '--progress', 'none', ...flags]);
  }
}

export function ended(child: ChildProcess): Promise<Ran> {
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const out = stdout.text();
      resolve({ code, signal, stdout: out, stderr: stderr.text(), json: () => JSON.parse(out) });
    });
  });
}

function collect(stream: NodeJS.ReadableStream | null): { text(): string } {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { text: () => Buffer.concat(chunks).toString() };
}

function manifestText(ids: readonly string[], contents: Readonly<Record<string, Content>>, sources: readonly string[]): string {
  const files = Object.entries(contents).map(([path, content]) => ({ path, size: content.sizeBytes, sha256: sha256Hex(content) }));
  const models = ids.map((id) => {
    const table = `models."${id}"`;
    const rows = files.map((file) => `[[${table}.files]]\npath = "${file.path}"\nsize = ${file.size}\nsha256 = "${file.sha256}"\n`);
    const priority = sources.map((source) => JSON.stringify(source)).join(', ');
    return `[${table}]\ndescription = "chaos"\nversion = "2.2.0"\nvariants = ["fp32"]\ndefault_variant = "fp32"\n\n${rows.join('\n')}\n[${table}.sources]\npriority = [${priority}]\n`;
  });
  return `schema_version = 1\n\n${models.join('\n')}`;
}

/** mulberry32: the same seed, the same moments. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
