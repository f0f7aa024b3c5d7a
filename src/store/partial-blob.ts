/**
 * An unfinished blob: a sparse data file and its piece map, owned by exactly one writer. What the transfer writes to
 * and the store commits from. See docs/store-format.md, "Partials".
 */
import type { PieceMapHandle } from './piece-map.ts';

export interface PartialBlob {
  /** The digest, or `u-…` where none is known. */
  readonly key: string;
  readonly sizeBytes: number;
  readonly pieceBytes: number;
  /** Absolute path of the data file. */
  readonly path: string;
  /** File descriptor of the data file, open for reading and writing; valid in every thread of this process. */
  readonly fd: number;
  /** Which pieces are held, shared between threads. */
  readonly pieces: PieceMapHandle;
  /** Source labels by the index that the piece map records. */
  readonly sources: readonly string[];
  /** Index of a source for the map; the table is durable before the index is used. At most 62 sources. */
  sourceIndex(label: string, validator?: string): number;
  /** The validator under which the pieces of a source were read. */
  validatorOf(index: number): string | undefined;
  /** Makes everything written so far survive power loss: fdatasync, then the marks. */
  sync(): Promise<void>;
  /** Before a commit: gives the data file its final mode, and makes content and inode survive power loss. */
  seal(mode: number): Promise<void>;
  /** Closes and unlocks; held pieces stay for whoever comes next. */
  close(): Promise<void>;
  /** Closes and removes. */
  discard(): Promise<void>;
}
