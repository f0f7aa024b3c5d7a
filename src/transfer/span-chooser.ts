/** Which bytes the next range of one source takes, and where in a begun piece it goes on. */
import { FAR_MS } from './connection-governor.ts';
import { type ExtentRequest, nextExtent, type Span, stealExtent } from './extent-plan.ts';
import { type FarRequest, nextFarExtent } from './far-plan.ts';
import type { FileState } from './file-state.ts';
import { SHORT_BYTES } from './lane-balance.ts';
import type { RangeSet } from './range-set.ts';

/** An extent is no longer than keeps the hash's backlog small, nor than a source gives in a few seconds. */
const WINDOW_BYTES = 64 * 1024 * 1024;
const WINDOW_SECONDS = 15;
/** Less is not worth a request. */
const MIN_BYTES = 8 * 1024 * 1024;
/** Held bytes that may wait for the hash before more ranges are refused. */
const MAX_HASH_LAG_BYTES = 512 * 1024 * 1024;

/** Whatever the reason: the hash is slow, or waits for a range that is. */
export const isHashFarBehind = ({ heldBytes, cell }: FileState): boolean => heldBytes - cell.offset > MAX_HASH_LAG_BYTES;

/** It is the hash that is slow: so much lies before it without a hole. */
export function isHashBusyForLong(state: FileState): boolean {
  if (!isHashFarBehind(state)) return false;
  const { pieceBytes } = state.file.partial;
  const firstHole = state.pieces.firstMissing(Math.floor(state.cell.offset / pieceBytes));
  return firstHole * pieceBytes - state.cell.offset > MAX_HASH_LAG_BYTES;
}

export class SpanChooser {
  readonly #state: FileState;
  readonly #ranges: RangeSet;

  constructor({ state, ranges }: { readonly state: FileState; readonly ranges: RangeSet }) {
    this.#state = state;
    this.#ranges = ranges;
  }

  /** @param lanes ranges that will work on this file, the new one included; @param oneStream the source ignores ranges; @param short soon to be chosen anew */
  next(lanes: number, oneStream: boolean, short = false): Span | undefined {
    const request = this.#request(oneStream ? 1 : lanes);
    const { firstByteMs = 0 } = this.#ranges;
    if (firstByteMs >= FAR_MS && request.lanes > 1 && !short) return nextFarExtent(this.#farRequest(request, firstByteMs));
    const next = nextExtent(request);
    if (short && !oneStream && next) {
      const bytes = Math.ceil(SHORT_BYTES / request.pieceBytes) * request.pieceBytes;
      return { offset: next.offset, end: Math.min(next.end, next.offset + bytes) };
    }
    return next ?? (oneStream ? undefined : stealExtent(request)?.extent);
  }

  /** Whether every missing piece is held or being fetched. */
  isAllTaken(): boolean {
    return nextExtent(this.#request(1)) === undefined;
  }

  /** Inside a begun piece, where the same source goes on; else the hash has to forget what it took of it. */
  startOffset(pieceOffset: number, sourceIndex: number | undefined): number {
    const { fragments, file } = this.#state;
    const piece = Math.floor(pieceOffset / file.partial.pieceBytes);
    const fragment = fragments.get(piece);
    if (fragment !== undefined && fragment.sourceIndex === sourceIndex) return fragment.end;
    fragments.delete(piece);
    this.#state.rewindHash(pieceOffset);
    return pieceOffset;
  }

  #farRequest(request: ExtentRequest, firstByteMs: number): FarRequest {
    const missingBytes = request.sizeBytes - this.#state.heldBytes;
    return { ...request, missingBytes, firstByteMs, bytesPerSecond: this.#ranges.knownBytesPerSecond };
  }

  #request(lanes: number): ExtentRequest {
    const { pieces, file, ranges } = this.#state;
    const { pieceBytes, sizeBytes } = file.partial;
    const { bytesPerSecond } = this.#ranges;
    const active = [...ranges].map((range) => ({
      ...range.remaining(),
      bytesPerSecond: range.stat.receivedBytes > 0 ? range.bytesPerSecond : undefined,
    }));
    const most = bytesPerSecond === undefined ? MIN_BYTES : bytesPerSecond * WINDOW_SECONDS;
    return {
      pieces,
      pieceBytes,
      sizeBytes,
      active,
      lanes,
      windowBytes: Math.min(WINDOW_BYTES, Math.max(MIN_BYTES, most)),
      minBytes: MIN_BYTES,
      bytesPerSecond,
    };
  }
}
