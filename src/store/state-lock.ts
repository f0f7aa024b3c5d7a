import type { StoreContext } from './context.ts';

/** Runs under the lock that guards the set of snapshots and their records. The last lock in the order: take none inside. */
export async function withStateLock<T>(context: StoreContext, doing: string, run: () => Promise<T>): Promise<T> {
  const lease = await context.locks.acquire(context.resolver.stateLock(), { timeoutMs: context.lockTimeoutMs, doing });
  try {
    return await run();
  } finally {
    await lease.release();
  }
}
