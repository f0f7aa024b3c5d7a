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

export interface PlanInput {
  readonly pieces: PieceView;
  readonly pieceBytes: number;
  readonly sizeBytes: number;
  /** What running ranges have still to do; they stop by themselves at a piece that another has claimed. */
  readonly active: readonly Span[];
}

export interface ExtentRequest extends PlanInput {
  /** Ranges that will work on this file, the new one included. */
  readonly lanes: number;
  /** Upper bound of an extent where more than one range works: keeps the hash's backlog small. */
  readonly windowBytes: number;
}

const MIN_EXTENT_BYTES = 8 * 1024 * 1024;

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
  const share = clamp(free / (2 * request.lanes), MIN_EXTENT_BYTES, Math.max(MIN_EXTENT_BYTES, request.windowBytes));
  return { offset: first.offset, end: Math.min(first.end, first.offset + ceilTo(share, request.pieceBytes)) };
}

/**
 * What a new range can take from a running one: whole pieces, from the first that lies one window ahead of it, or
 * else the second half of its rest. Undefined where no range has as much as two windows' or two pieces' work left.
 */
export function stealExtent(request: ExtentRequest): { readonly victim: number; readonly extent: Span } | undefined {
  let victim = -1;
  let most = 0;
  request.active.forEach((span, index) => {
    const left = span.end - span.offset;
    if (left > most) [victim, most] = [index, left];
  });
  const span = request.active[victim];
  if (span === undefined || most < Math.max(2 * request.pieceBytes, MIN_EXTENT_BYTES)) return undefined;
  const ahead = Math.min(request.windowBytes, most / 2);
  const offset = ceilTo(span.offset + ahead, request.pieceBytes);
  return offset >= span.end ? undefined : { victim, extent: { offset, end: span.end } };
}

function isActive(input: PlanInput, piece: number): boolean {
  const [offset, end] = [piece * input.pieceBytes, Math.min((piece + 1) * input.pieceBytes, input.sizeBytes)];
  return input.active.some((span) => span.offset < end && offset < span.end);
}

const ceilTo = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit;
const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
