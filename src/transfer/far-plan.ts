/**
 * Which bytes a new range of a far source should take. Each request costs a way there and back, a range that is overtaken costs its
 * connection, and what comes long before its turn waits for the hash: so all ranges get an even share of what is missing, in order,
 * and the shares shrink towards the end. Pure.
 */
import { type ExtentRequest, nextExtent, type Span, stealExtent } from './extent-plan.ts';

export interface FarRequest extends Omit<ExtentRequest, 'windowBytes' | 'minBytes'> {
  /** Not held yet, those being fetched included. */
  readonly missingBytes: number;
  /** From a request to its answer. */
  readonly firstByteMs: number;
}

/** An extent is no longer than keeps the hash's backlog small. */
const MAX_BYTES = 64 * 1024 * 1024;
/** While nothing is known of the source's rate. */
const UNKNOWN_LEAST_BYTES = 4 * 1024 * 1024;
const UNKNOWN_MOST_BYTES = 16 * 1024 * 1024;
/** A range lasts so many times as long as its answer is waited for: at least, and where there is plenty. */
const LEAST_WAITS = 4;
const MOST_WAITS = 40;
/** Of a running range so much is left to it. */
const STEAL_WAITS = 2;
/** Shares for each range of what is missing. */
const SHARES = 2;

/** Undefined when nothing is free that is worth a request. */
export function nextFarExtent(request: FarRequest): Span | undefined {
  const share = shareBytes(request);
  const next = nextExtent({ ...request, ...limits(share), active: request.active.map((span) => capped(span, share, request)), lanes: 1 });
  if (next !== undefined) return { offset: next.offset, end: Math.min(next.end, next.offset + share) };
  return stealExtent({ ...request, ...limits(waitsBytes(request, STEAL_WAITS) ?? UNKNOWN_LEAST_BYTES) })?.extent;
}

const limits = (bytes: number) => ({ minBytes: bytes, windowBytes: Math.max(bytes, MAX_BYTES) });

/** In whole pieces. */
function shareBytes(request: FarRequest): number {
  const { missingBytes, lanes, pieceBytes } = request;
  const least = Math.max(pieceBytes, waitsBytes(request, LEAST_WAITS) ?? UNKNOWN_LEAST_BYTES);
  const most = Math.max(least, Math.min(MAX_BYTES, waitsBytes(request, MOST_WAITS) ?? UNKNOWN_MOST_BYTES));
  const share = Math.min(most, Math.max(least, missingBytes / (SHARES * Math.max(1, lanes))));
  return Math.ceil(share / pieceBytes) * pieceBytes;
}

/** What a range that was begun before the source was known to be far, or that fell behind, has beyond its share is free. */
function capped<Active extends Span>(span: Active, share: number, { pieceBytes }: FarRequest): Active {
  if (span.end - span.offset <= 2 * share) return span;
  return { ...span, end: Math.ceil((span.offset + share) / pieceBytes) * pieceBytes };
}

const waitsBytes = ({ bytesPerSecond, firstByteMs }: FarRequest, waits: number): number | undefined =>
  bytesPerSecond === undefined ? undefined : (bytesPerSecond * waits * firstByteMs) / 1000;
