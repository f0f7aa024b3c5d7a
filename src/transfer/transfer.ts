/** What the orchestrator asks of a transfer, and gets. */
import type { FileSource } from '../backends/backend.ts';
import type { Sha256 } from '../domain/digest.ts';
import type { Emit } from '../domain/events.ts';
import type { ProofLevel } from '../domain/proof.ts';
import type { FileDigest } from '../domain/published-digest.ts';
import type { PartialBlob } from '../store/partial-blob.ts';

/** What the bytes must hash to, and who says so. */
export interface Expected {
  readonly digest: FileDigest;
  /** What a match earns. */
  readonly level: ProofLevel;
  /** Redacted label of the source that publishes it; absent where the manifest says it, or the publication before. */
  readonly publishedBy?: string;
}

/** One file to complete. The caller holds the digest's lock and the partial. */
export interface TransferFile {
  /** Path inside the model, for events and errors. */
  readonly name: string;
  readonly partial: PartialBlob;
  /** What is to be proven; absent where nobody knows a digest. */
  readonly expected?: Expected;
  /** In priority order; a failing one is left for the next with its held pieces kept. */
  readonly sources: readonly FileSource[];
  /** What is remembered of sources without this file does not count. */
  readonly isForced?: boolean;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Called with bytes newly held (positive) or dropped because they were wrong (negative). */
  readonly onHeld: (deltaBytes: number) => void;
  /** Called as bytes come that are not held yet, since their piece is not whole; negative: they are now, or were in vain. */
  readonly onComing?: (deltaBytes: number) => void;
}

export interface TransferOutcome {
  /** What the bytes on disk hash to; that they match `expected` is proven. */
  readonly sha256: Sha256;
  /** Bytes that came over a backend, those of sources that are here already not counted. */
  readonly fetchedBytes: number;
  /** Labels of sources whose bytes are in the file. */
  readonly sources: readonly string[];
  /** Labels of sources whose bytes were proven wrong. */
  readonly liars: readonly string[];
  /** sha256 of each piece of LEAF_BYTES where the hasher had time to make all of them: 32 bytes each, in order. */
  readonly leaves?: Uint8Array;
}

export interface TransferEngine {
  /** So many bytes will be asked for soon: the threads that they need start meanwhile. */
  expect(bytes: number): void;
  /**
   * Completes the partial and proves it. On return every byte is written (not yet fsynced) and hashed.
   * @throws ModelError CHECKSUM_FAIL, SIZE_MISMATCH, SOURCE_UNAVAILABLE (with one attempt per source and try), NO_SPACE,
   *   CANCELLED, … Held pieces stay in the partial.
   */
  fetch(file: TransferFile): Promise<TransferOutcome>;
  close(): Promise<void>;
}

/** Size of a leaf of the piece tree; the last leaf of a file may be short. */
export const LEAF_BYTES = 16 * 1024 * 1024;
