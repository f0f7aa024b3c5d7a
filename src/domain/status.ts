import type { LockHolder } from './events.ts';
import type { CanonicalRef } from './model-ref.ts';
import type { ProofCounts, ProofLevel } from './proof.ts';
import type { SmokeNote } from './smoke.ts';

/** State of a model directory for the selection asked for. Values, not errors. */
export const ModelState = {
  NOT_PRESENT: 'NOT_PRESENT',
  PARTIAL: 'PARTIAL',
  VERIFYING: 'VERIFYING',
  COMPLETE: 'COMPLETE',
  CORRUPT: 'CORRUPT',
} as const;
export type ModelState = (typeof ModelState)[keyof typeof ModelState];

/**
 * Why a file is not counted as proven:
 * - `missing` it is not there; `outdated` the manifest names other bytes than were published; `unproven` it is there, but nothing on record
 *   proves it; `modified` it has the right size, and was written to, or copied here, since its proof;
 * - `size` it was cut or grew since its proof; `digest` a verification found other bytes.
 *
 * The first four make a model PARTIAL: the next ensure settles them, by reading where it can. The others make it CORRUPT.
 */
export type FileFault = 'missing' | 'outdated' | 'unproven' | 'size' | 'modified' | 'digest';

export interface FaultyFile {
  readonly path: string;
  readonly fault: FileFault;
  readonly sizeBytes: number;
}

export interface ModelStatus {
  readonly ref: CanonicalRef;
  readonly variant: string;
  readonly state: ModelState;
  /** Absolute path of the model directory, whether or not it exists. */
  readonly path: string;
  readonly fileCount: number;
  readonly totalBytes: number;
  /** Paths that are absent, in manifest order. */
  readonly missingFiles: readonly string[];
  /** Present but not right: size, modified, digest. */
  readonly faultyFiles: readonly FaultyFile[];
  /** Bytes that an ensure would have to move, held pieces and blobs of other models not counted. */
  readonly bytesNeeded: number;
  /** Held bytes of unfinished downloads. */
  readonly bytesHeld: number;
  /** A tier where a whole, proven copy of these files lies. */
  readonly tier?: string;
  /** Weakest proof among the files; absent when nothing is there. */
  readonly proof?: ProofLevel;
  /** How many files each level proves; those that count only. */
  readonly proofs: ProofCounts;
  /** ISO 8601. */
  readonly verifiedAt?: string;
  /** Who makes it, or changes it, now; only told where it is not complete. */
  readonly holder?: LockHolder;
  /** The last smoke test of these very files. */
  readonly smoke?: SmokeNote;
}
