/** Peak resident memory of a process that runs: Linux only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const MEGABYTE = 1_000_000;
const POLL_MS = 20;

export interface Peak {
  readonly peakMb: number;
  readonly seconds: number;
}

/** Polled: the mark only rises, so the last look before the end is the peak but for what the last milliseconds add. */
export async function peakOf(args: readonly string[], options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Promise<Peak> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
  let peakMb = 0;
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, highWaterMb(child.pid));
  }, POLL_MS);
  const status = await endOf(child);
  clearInterval(timer);
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
  return { peakMb, seconds: (performance.now() - startedMs) / 1000 };
}

const endOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));

/** 0 for a process that has just ended. */
function highWaterMb(pid: number | undefined): number {
  const path = `/proc/${pid}/status`;
  const status = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024) / MEGABYTE;
}
