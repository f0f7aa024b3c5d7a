/** The built command under strace: what it asked of the kernel, and what happens when the kernel refuses or the machine stops there. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelWorld } from '../support/model-fixture.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'wan.js');

/** Calls that change what is on disk; an `openat` does when it creates. */
export const MUTATIONS = [
  'rename',
  'renameat',
  'renameat2',
  'link',
  'linkat',
  'unlink',
  'unlinkat',
  'mkdir',
  'mkdirat',
  'rmdir',
  'ftruncate',
  'chmod',
  'fchmod',
  'fchmodat',
  'utimensat',
  'pwrite64',
  'write',
] as const;

/** Calls that make what was changed survive power loss. */
export const SYNCS = ['fsync', 'fdatasync'] as const;

export interface Call {
  readonly thread: string;
  readonly name: string;
  /** As strace prints them, descriptors with their paths. */
  readonly args: string;
  /** Absent when the process died in it. */
  readonly result?: string;
  /** Count of this call in this thread, from 1: strace's `when`. */
  readonly ordinal: number;
  /** Places in the log of its begin and its end. */
  readonly begun: number;
  readonly ended: number;
}

export interface Traced {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** In the order of their begins. */
  readonly calls: readonly Call[];
}

export interface TraceOptions {
  /** `rename:signal=SIGKILL:when=3`, `fsync:error=EIO:when=2+`; see strace(1), "Tampering". */
  readonly inject?: readonly string[];
  /** After which the command counts as hanging and is killed. */
  readonly timeoutMs?: number;
}

let logs = 0;

/** One thread serves all asynchronous file calls, so that the calls of two runs come in nearly the same order. */
export async function traced(
  world: ModelWorld,
  args: readonly string[],
  { inject = [], timeoutMs = 30_000 }: TraceOptions = {},
): Promise<Traced> {
  const log = join(world.directory, `strace-${process.pid}-${++logs}`);
  const watched = ['-e', `trace=openat,${[...MUTATIONS, ...SYNCS].join(',')}`];
  const tampered = inject.flatMap((rule) => ['-e', `inject=${rule}`]);
  const child = spawn('strace', ['-f', '-qq', '-y', '-s', '0', '-o', log, ...watched, ...tampered, process.execPath, BIN, ...args], {
    cwd: world.directory,
    env: { ...world.env, UV_THREADPOOL_SIZE: '1', NODE_DISABLE_COMPILE_CACHE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGTERM',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...end) => resolve(end));
  });
  const calls = parseTrace(readFileSync(log, 'utf8'));
  rmSync(log);
  return { code, signal, stdout, stderr, calls };
}

const LINE = /^(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$/;

function parseTrace(log: string): Call[] {
  const calls: Call[] = [];
  const open = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const [place, line] of log.split('\n').entries()) {
    const [, thread, resumed, begun, rest = ''] = LINE.exec(line) ?? [];
    if (thread === undefined) continue;
    if (resumed !== undefined) {
      const index = open.get(thread);
      const call = index === undefined ? undefined : calls[index];
      if (index !== undefined && call !== undefined) calls[index] = { ...call, ...ending(rest), args: call.args, ended: place };
      open.delete(thread);
    } else if (begun !== undefined) {
      const count = (counts.get(`${thread} ${begun}`) ?? 0) + 1;
      counts.set(`${thread} ${begun}`, count);
      open.set(thread, calls.length);
      calls.push({ thread, name: begun, ordinal: count, begun: place, ended: place, ...ending(rest) });
    }
  }
  return calls;
}

function ending(rest: string): { args: string; result?: string } {
  const split = rest.lastIndexOf(') = ');
  const closed = split >= 0 ? split : rest.search(/\) += /);
  if (closed < 0) return { args: rest.replace(/ *<unfinished \.\.\.>.*$/, '') };
  return { args: rest.slice(0, closed), result: rest.slice(closed).replace(/^\) *= /, '') };
}

/** Whether the call is about something under `root`. */
export const concerns = (call: Call, root: string): boolean =>
  call.args.includes(`${root}/`) || call.args.includes(`${root}"`) || call.args.includes(`${root}>`);

/** A call in words that are the same in every run: relative to the root, uuids and descriptors left out. */
export const wordsOf = (call: Call, root: string): string =>
  `${call.name}(${call.args
    .replaceAll(`${root}/`, '')
    .replaceAll(root, '.')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
    .replaceAll(/(manifests\/\.?)[0-9a-f]{16}/g, '$1SOURCE')
    .replaceAll(/\b([0-9a-f]{6})[0-9a-f]{58}\b/g, '$1…')
    .replaceAll(/AT_FDCWD<[^>]*>/g, 'AT_FDCWD')
    .replaceAll(/\b\d+</g, '<')
    .replace(/^(<[^>]*>, ""\.\.\.), \d+$/, '$1')
    .replaceAll(/tv_n?sec=\d+/g, '')
    .replaceAll(/\/\* .*? \*\//g, '')})`;
