import { lookAt } from './look.ts';
import type { Orchestration } from './orchestration.ts';
import { inputsOf, lookAtInputs } from './plan-work.ts';
import type { Target } from './target.ts';

/** Keys of a model's own files, and of those that its derived ones are made from. */
export const unfinishedKeys = (work: Orchestration, target: Target): string[] =>
  [...lookAt(work, target).files, ...lookAtInputs(work, target, inputsOf(target.files))].map(({ key }) => key);

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
