import type { Orchestration } from './orchestration.ts';

/** Removes what dead processes left of unfinished downloads. One that a live process works on is left to it. */
export async function removePartials(work: Orchestration, keys: readonly string[]): Promise<void> {
  for (const key of new Set(keys)) {
    if (!work.partials.exist(key)) continue;
    const lease = await work.store.locks.tryAcquire(work.store.resolver.blobLock(key), { doing: 'remove an unfinished download' });
    if (lease === undefined) continue;
    try {
      await work.partials.removeAll(key);
    } finally {
      await lease.release();
    }
  }
}
