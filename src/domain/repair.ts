/** What mending a model found and did. */
import type { CanonicalRef } from './model-ref.ts';
import type { FileFault } from './status.ts';

/** What was still right of bytes that were here. */
export interface KeptPieces {
  /** Bytes that did not have to be fetched again. */
  readonly keptBytes: number;
  /** Of 16 MiB each; absent where they are not on record, so that good ones cannot be told from bad ones. */
  readonly pieceCount?: number;
  /** Numbers of those that no copy here has right. */
  readonly badPieces?: readonly number[];
}

/** What an ensure did for one digest whose bytes had to be fetched or relinked. */
export interface MendedBlob {
  readonly fetchedBytes?: number;
  readonly kept?: KeptPieces;
  /** Where the bad bytes lie now, relative to the root. */
  readonly quarantined?: readonly string[];
  /** Files that were given the good bytes, relative to the root. */
  readonly links?: readonly string[];
}

/**
 * How a file is, or would be, made right:
 * - `relink`: its bytes are here already; `pieces`: its bad pieces are fetched, the others kept; `whole`: all of it is fetched, since no
 *   pieces are on record or none is right; `derive`: it is made here once more.
 */
export type RepairWay = 'relink' | 'pieces' | 'whole' | 'derive';

export interface RepairedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly fault: FileFault;
  readonly way: RepairWay;
  /** Bytes that came over a source; of a dry run, that would. */
  readonly fetchedBytes: number;
  /** Of 16 MiB each; absent where they are not on record. */
  readonly pieceCount?: number;
  readonly badPieces?: readonly number[];
  /** Where the bad bytes lie now, relative to the root; empty where there were none, or the volume cannot keep them. */
  readonly quarantined: readonly string[];
}

export interface RepairReport {
  readonly ref: CanonicalRef;
  readonly variant: string;
  readonly path: string;
  readonly isDryRun: boolean;
  /** Every file is right now; of a dry run: was before. */
  readonly ok: boolean;
  readonly fileCount: number;
  /** Only those that were not right. */
  readonly files: readonly RepairedFile[];
  /** Files of other models too that were given the good bytes, relative to the root. */
  readonly links: readonly string[];
  /** Files in the directory that nobody declared; left alone. */
  readonly extraFiles: readonly string[];
  readonly bytesRead: number;
  readonly fetchedBytes: number;
  readonly durationMs: number;
}
