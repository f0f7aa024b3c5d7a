/** The built command, with the kernel's refusal where it opens or reads some paths: what a disk does whose sectors are gone, or a machine with too many files open. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ModelWorld } from './model-fixture.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'wan.js');

export interface Refusal {
  /** Absolute. */
  readonly paths: readonly string[];
  /** As strace(1) has it under "Tampering": `read,pread64:error=EIO`. */
  readonly rule: string;
}

export const READS = 'read,pread64,preadv';

export async function refused(world: ModelWorld, args: readonly string[], { paths, rule }: Refusal) {
  const onPaths = paths.flatMap((path) => ['-P', path]);
  const strace = ['-f', '-qq', '-o', '/dev/null', ...onPaths, '-e', `inject=${rule}`];
  const child = spawn('strace', [...strace, process.execPath, BIN, ...args], {
    cwd: world.directory,
    env: { ...world.env, NODE_DISABLE_COMPILE_CACHE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr };
}
