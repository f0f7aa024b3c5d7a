import type { Emit } from '../domain/events.ts';
import type { ModelSpec } from '../domain/spec.ts';
import type { Lease } from '../locks/lease.ts';
import type { LockName } from '../locks/lock-manager.ts';
import type { Orchestration } from './orchestration.ts';

export interface LockedCall {
  readonly doing: string;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
}

/** Waits as long as the configuration allows, telling for whom. */
export async function withLock<T>(work: Orchestration, lock: LockName, call: LockedCall, use: (lease: Lease) => Promise<T>): Promise<T> {
  const { doing, emit, signal } = call;
  const lease = await work.store.locks.acquire(lock, {
    timeoutMs: work.settings.lockTimeoutMs,
    doing,
    ...(signal && { signal }),
    onWait: ({ holder, waitedMs }) => emit({ type: 'lock.waiting', lock: lock.name, waitedMs, ...(holder && { holder }) }),
  });
  try {
    return await use(lease);
  } finally {
    await lease.release();
  }
}

export interface LockedModel {
  readonly spec: Pick<ModelSpec, 'family' | 'ref'>;
}

export const withModelLock = <T>(work: Orchestration, { spec }: LockedModel, call: LockedCall, use: () => Promise<T>): Promise<T> =>
  withLock(work, work.store.resolver.modelLock(spec.family, spec.ref), call, use);
