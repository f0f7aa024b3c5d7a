/** From now on this process cannot start a thread, as in a container whose number of them is used up. Linux; those of the pool are started before. */
import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';

const NOBODY = 65_534;

export async function noMoreThreads(): Promise<void> {
  await Promise.all(Array.from({ length: 8 }, () => stat('/')));
  const { status } = spawnSync('prlimit', ['--pid', String(process.pid), '--nproc=1']);
  if (status !== 0) throw new Error('prlimit has failed');
  // The limit does not hold for root.
  if (process.getuid?.() === 0) process.setuid?.(NOBODY);
}
