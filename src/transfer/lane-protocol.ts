/**
 * What the engine and its lanes say to each other. A lane is a thread that moves and hashes bytes: the main thread, or a
 * worker. Everything here can be structured-cloned; file descriptors are valid in every thread of the process.
 */
import type { HttpTarget } from '../backends/backend.ts';
import type { HttpHeaders } from '../backends/http/http-headers.ts';
import type { ModelError } from '../domain/errors.ts';
import type { PieceMapHandle } from '../store/piece-map.ts';
import type { OtherAlgorithm } from './content-hash.ts';

/** Memory that all lanes share for one file. */
export interface SharedFile {
  readonly fileId: number;
  /** Data file of the partial. */
  readonly fd: number;
  readonly pieces: PieceMapHandle;
  /** Int32 for each piece: 0, or the id of the range that may write it now. */
  readonly claims: SharedArrayBuffer;
  /** See frontier-cell.ts. */
  readonly frontier: SharedArrayBuffer;
}

/** Where a range's bytes come from. */
export type RangeOrigin =
  | { readonly kind: 'http'; readonly target: HttpTarget }
  | { readonly kind: 'local'; readonly path: string }
  /** Something only the main thread can open: `StorageBackend.open`. */
  | { readonly kind: 'backend' };

export interface RangeTask {
  readonly rangeId: number;
  readonly file: SharedFile;
  readonly origin: RangeOrigin;
  readonly offset: number;
  readonly end: number;
  /** See range-stat.ts. */
  readonly stat: SharedArrayBuffer;
  /** Keep the bytes in memory until told to place them: a second request for a slow range's last piece. */
  readonly hedge: boolean;
}

/** What an answer says before its first byte is used; the engine judges it. */
export type AnswerHead =
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly headers: HttpHeaders;
      /** The first bytes of the body. */
      readonly sample: Uint8Array;
    }
  | { readonly kind: 'opened'; readonly offset: number; readonly totalBytes?: number; readonly validator?: string };

export type FaultKind =
  /** The source, or the way to it. */
  | 'source'
  /** Writing or reading the partial. */
  | 'disk'
  /** Not to be read by the strict reader: ask again through the backend. */
  | 'unusual'
  | 'bug';

/** An error on its way between threads. */
export interface Fault {
  readonly kind: FaultKind;
  readonly message: string;
  readonly errno?: string;
  /** The source was seen to change: nothing that it gave in this state is good. */
  readonly changed?: boolean;
  /** The error itself, where it never left its thread. */
  readonly error?: ModelError;
}

export type RangeEnd =
  /** Every byte of the extent is in place, or another range has taken over from here on. */
  | { readonly how: 'done' }
  /** The body ended too early. */
  | { readonly how: 'short' }
  /** The body went on past the end of the file. */
  | { readonly how: 'overlong' }
  | { readonly how: 'cancelled' }
  | { readonly how: 'failed'; readonly fault: Fault };

/** What the engine makes of a good head. */
export interface RangeAccept {
  readonly sourceIndex: number;
  /** Offset of the first body byte: the extent's, or 0 where the source ignored the range. */
  readonly offset: number;
  readonly end: number;
}

export type LaneCommand =
  | {
      readonly type: 'hash.open';
      readonly file: SharedFile;
      readonly leaves: boolean;
      readonly also?: OtherAlgorithm;
      /** Beside the other files of the lane that are hashed so; then there can be no `also`. */
      readonly joint?: boolean;
    }
  /** Pieces were completed by another lane, or the hash has to go back. */
  | { readonly type: 'hash.advance'; readonly fileId: number }
  | { readonly type: 'hash.close'; readonly fileId: number }
  | { readonly type: 'range.start'; readonly task: RangeTask }
  /** The answer's head is good: take its bytes, and mark pieces as coming from this source. */
  | { readonly type: 'range.accept'; readonly rangeId: number; readonly accept: RangeAccept }
  /** Put a hedge's bytes in place from this offset on: the slower range has ended there. */
  | { readonly type: 'range.place'; readonly rangeId: number; readonly from: number }
  | { readonly type: 'range.cancel'; readonly rangeId: number }
  | {
      readonly type: 'path.hash';
      readonly jobId: number;
      readonly path: string | number;
      /** Of a part of the file: where it begins, and how long it is. */
      readonly offset?: number;
      readonly length?: number;
      readonly leaves: boolean;
      readonly progress: SharedArrayBuffer;
      /** Beside the other files of the lane that are hashed so; then no bandwidth limit holds. */
      readonly joint: boolean;
    }
  | { readonly type: 'path.cancel'; readonly jobId: number };

export interface HashResult {
  readonly sha256: string;
  /** Of the other kind, where one was asked for. */
  readonly other?: string;
  readonly leaves?: Uint8Array;
}

export type LaneEvent =
  /** `waitedMs`: from the request to the answer, as the lane saw it; that a thread had to start first says nothing of the source. */
  | { readonly type: 'range.head'; readonly rangeId: number; readonly head: AnswerHead; readonly waitedMs: number }
  | { readonly type: 'range.held'; readonly rangeId: number; readonly piece: number }
  /** A hedge has all its bytes. */
  | { readonly type: 'range.ready'; readonly rangeId: number }
  | { readonly type: 'range.end'; readonly rangeId: number; readonly end: RangeEnd }
  | { readonly type: 'hash.done'; readonly fileId: number; readonly generation: number; readonly result: HashResult }
  | { readonly type: 'hash.failed'; readonly fileId: number; readonly generation: number; readonly fault: Fault }
  | { readonly type: 'path.done'; readonly jobId: number; readonly result: HashResult }
  | { readonly type: 'path.failed'; readonly jobId: number; readonly fault: Fault };
