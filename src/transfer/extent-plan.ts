/**
 * Which bytes a new range should take. Pure: the map of held pieces and the spans of running ranges in, an extent out.
 */

/** Half-open, in bytes. */
export interface Span {
  readonly offset: number;
  readonly end: number;
}

export interface PieceView {
  readonly count: number;
  isHeld(piece: number): boolean;
}

/** What a running range has still to do. */
export interface ActiveSpan extends Span {
  /** Of late; absent while unknown. */
  readonly bytesPerSecond?: number | undefined;
}

export interface PlanInput {
  readonly pieces: PieceView;
  readonly pieceBytes: number;
  readonly sizeBytes: number;
  /** What running ranges have still to do; they stop by themselves at a piece that another has claimed. */
  readonly active: readonly ActiveSpan[];
}

export interface ExtentRequest extends PlanInput {
  /** Ranges that will work on this file, the new one included. */
  readonly lanes: number;
  /** Upper bound of an extent where more than one range works: keeps the hash's backlog small. */
  readonly windowBytes: number;
  /** Less than this is not worth a request. */
  readonly minBytes: number;
  /** What one range of the source that would take the extent does; absent while unknown. */
  readonly bytesPerSecond?: number | undefined;
}

/** What is done sooner is left to be done: the range that is overtaken has read some bytes in vain, and loses its connection. */
const STEAL_FROM_SECONDS = 0.5;

/** Runs of pieces that are neither held nor being fetched, ascending. */
export function planExtents(input: PlanInput): Span[] {
  const runs: Span[] = [];
  let start: number | undefined;
  for (let piece = 0; piece <= input.pieces.count; piece++) {
    const isFree = piece < input.pieces.count && !input.pieces.isHeld(piece) && !isActive(input, piece);
    if (isFree) start ??= piece;
    else if (start !== undefined) {
      runs.push({ offset: start * input.pieceBytes, end: Math.min(piece * input.pieceBytes, input.sizeBytes) });
      start = undefined;
    }
  }
  return runs;
}

/**
 * The next extent, as near to the start of the file as may be, so that the hash can follow. Alone, a range takes a whole
 * run; beside others, a share of what is left, so that all end at about the same time. Undefined when nothing is free.
 */
export function nextExtent(request: ExtentRequest): Span | undefined {
  const runs = planExtents(request);
  const [first] = runs;
  if (first === undefined) return undefined;
  if (request.lanes <= 1) return first;
  const free = runs.reduce((sum, run) => sum + run.end - run.offset, 0);
  const share = clamp(free / (2 * request.lanes), request.minBytes, Math.max(request.minBytes, request.windowBytes));
  return { offset: first.offset, end: Math.min(first.end, first.offset + ceilTo(share, request.pieceBytes)) };
}

/**
 * What a new range can take from the running one that has longest to go: whole pieces, from the first that lies one window ahead
 * of it, or else so much of its rest that both end at the same time. Undefined where no range has enough work left for two.
 */
export function stealExtent(request: ExtentRequest): { readonly victim: number; readonly extent: Span } | undefined {
  const { active, pieceBytes, minBytes, windowBytes } = request;
  const rates = active.map((span) => span.bytesPerSecond ?? request.bytesPerSecond ?? 1);
  const seconds = active.map((span, index) => (span.end - span.offset) / Math.max(1, rates[index] ?? 1));
  const victim = seconds.indexOf(Math.max(...seconds));
  const span = active[victim];
  if (span === undefined || span.end - span.offset < Math.max(2 * minBytes, 1.25 * pieceBytes)) return undefined;
  if (span.bytesPerSecond !== undefined && (seconds[victim] ?? 0) < STEAL_FROM_SECONDS) return undefined;
  const own = request.bytesPerSecond ?? rates[victim] ?? 1;
  const keeps = (rates[victim] ?? 1) / Math.max(1, (rates[victim] ?? 1) + own);
  const ahead = Math.min(windowBytes, (span.end - span.offset) * keeps);
  const offset = ceilTo(span.offset + ahead, pieceBytes);
  return offset >= span.end ? undefined : { victim, extent: { offset, end: span.end } };
}

function isActive(input: PlanInput, piece: number): boolean {
  const [offset, end] = [piece * input.pieceBytes, Math.min((piece + 1) * input.pieceBytes, input.sizeBytes)];
  return input.active.some((span) => span.offset < end && offset < span.end);
}

const ceilTo = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit;
const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
