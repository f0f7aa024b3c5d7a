/** One ensure at work: what its steps share. */
import type { Sha256 } from '../domain/digest.ts';
import type { Emit } from '../domain/events.ts';
import type { MendedBlob } from '../domain/repair.ts';
import type { Lease } from '../locks/lease.ts';
import type { Inspection } from '../store/inspect-snapshot.ts';
import type { Intent } from '../store/intents.ts';
import type { EnsureOptions } from './api.ts';
import type { ObtainedBlob } from './obtain-blob.ts';
import type { Obtained } from './obtain-files.ts';
import type { Orchestration, SourceOpener } from './orchestration.ts';
import type { ProgressMeter } from './progress-meter.ts';
import type { Target } from './target.ts';
import type { Troubles } from './troubles.ts';
import type { UpstreamDigests } from './upstream-digests.ts';

export interface EnsureRun {
  readonly work: Orchestration;
  readonly target: Target;
  readonly options: EnsureOptions;
  readonly emit: Emit;
  /** The caller's, the total timeout's and the lease's in one. */
  readonly signal: AbortSignal;
  readonly meter: ProgressMeter;
  readonly sources: SourceOpener;
  readonly upstream: UpstreamDigests;
  /** Names every digest before its blob is looked at or made. */
  readonly intent: Intent;
  /** "ensure t2v-A14B@2.2.0": what other processes are told. */
  readonly doing: string;
  /** Labels of sources whose bytes were proven wrong in this run. */
  readonly liars: Set<string>;
  readonly troubles: Troubles;
  /** Optional paths that every source said it does not have. */
  readonly absent: Set<string>;
  /** By digest: what was fetched, kept, healed. */
  readonly mended: Map<Sha256, MendedBlob>;
}

export interface EnsureWork {
  readonly obtained: Obtained;
  /** What derived files were made from. */
  readonly inputs: readonly ObtainedBlob[];
  readonly fetchedBytes: number;
  /** Whether the directory was put in place, or replaced. */
  readonly published: boolean;
  readonly liars: ReadonlySet<string>;
  readonly troubles: Troubles;
  readonly mended: ReadonlyMap<Sha256, MendedBlob>;
}

/** Only a run that keeps book of it is told. */
export function noteMended({ mended }: BlobRun, digest: Sha256, more: MendedBlob): void {
  mended?.set(digest, { ...mended.get(digest), ...more });
}

/** What was found or done: without `work`, everything was here. */
export interface EnsureDone {
  readonly inspection: Inspection;
  readonly work?: EnsureWork;
}

/** What work on single blobs needs of a run, whether or not it is an ensure. */
export type BlobRun = Pick<EnsureRun, 'work' | 'doing' | 'signal' | 'emit'> & Partial<Pick<EnsureRun, 'mended' | 'intent'>>;

/** Takes the lock of a digest or origin, telling whom it waits for. */
export function lockBlob({ work, doing, signal, emit }: BlobRun, key: string): Promise<Lease> {
  const lock = work.store.resolver.blobLock(key);
  return work.store.locks.acquire(lock, {
    timeoutMs: work.settings.lockTimeoutMs,
    doing,
    signal,
    onWait: ({ holder, waitedMs }) => emit({ type: 'lock.waiting', lock: lock.name, waitedMs, ...(holder && { holder }) }),
  });
}
