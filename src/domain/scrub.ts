/** What reading all blobs of a store showed. */
import type { Subset } from './subset.ts';

/**
 * `right`; `wrong`: other bytes; `unreadable`: the disk gives them no more; `changed`: somebody was at work on it meanwhile; `gone`: it was
 * removed meanwhile.
 */
export type BlobVerdict = 'right' | 'wrong' | 'unreadable' | 'changed' | 'gone';

export interface CorruptBlob {
  readonly digest: string;
  readonly sizeBytes: number;
  /** What it hashes to, or `unreadable (EIO)`. */
  readonly found: string;
  /** References of the models here that have it. */
  readonly models: readonly string[];
}

export interface ScrubReport {
  /** No blob that was read is bad, and none is marked as bad by this round. */
  readonly ok: boolean;
  /** It went on with a round that was cut short. */
  readonly isResumed: boolean;
  readonly subset?: Subset;
  /** Blobs of the store, or of the part of it that was asked for. */
  readonly blobCount: number;
  /** Of those: read in this call, and found right. */
  readonly rightCount: number;
  /** Not read: their last proof is younger than was asked for, or this round had read them before it was cut short. */
  readonly skippedCount: number;
  /** Somebody was at work on them, or removed them: the next round reads them. */
  readonly leftCount: number;
  /** Found by this round, before it was cut short too. */
  readonly corrupt: readonly CorruptBlob[];
  readonly bytesRead: number;
  /** ISO 8601: the oldest proof of those blobs that are not corrupt, now; absent where there is none. */
  readonly oldestProofAt?: string;
  readonly durationMs: number;
}
