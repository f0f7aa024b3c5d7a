/** The log from its beginning to its end, file by file: lines, and what is none. */
import type { AuditLine } from '../../domain/audit.ts';
import { claimedSeq, decodeLine } from './chain.ts';
import { beginningOf, listSegments, readSegment } from './segments.ts';

/** Where something stands: name of the file, line in it from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Bytes between two lines that are no line: torn, or changed by somebody. */
export interface Unreadable extends Place {
  /** Without the line break that ends them. */
  readonly bytes: Buffer;
  /** False for the end of a file whose last line was never finished. */
  readonly isEnded: boolean;
}

export type Piece = (Place & { readonly entry: AuditLine }) | Unreadable;

const LINE_BREAK = 0x0a;
/** In which a line has told its number. */
const CLAIM_BYTES = 32;

export function* readPieces(directory: string): Generator<Piece> {
  for (const file of listSegments(directory)) yield* piecesOf(readSegment(directory, file), file);
}

/** The lines alone, as `show` prints them. */
export function* readLines(directory: string): Generator<AuditLine> {
  for (const piece of readPieces(directory)) if ('entry' in piece) yield piece.entry;
}

/** The lines alone that have a lower number, the last one first: no more is read and decoded than is asked for. */
export function* readLinesBackwards(directory: string, before = Number.POSITIVE_INFINITY): Generator<AuditLine> {
  for (const file of listSegments(directory).toReversed())
    if (!isFrom(before, beginningOf(directory, file, CLAIM_BYTES))) yield* linesBackwards(readSegment(directory, file), before);
}

function* linesBackwards(content: Buffer, before: number): Generator<AuditLine> {
  for (let end = content.lastIndexOf(LINE_BREAK); end >= 0; ) {
    const start = (end === 0 ? -1 : content.lastIndexOf(LINE_BREAK, end - 1)) + 1;
    const entry = isFrom(before, content.subarray(start, end)) ? undefined : decodeLine(content.toString('utf8', start, end));
    if (entry !== undefined) yield entry;
    end = start - 1;
  }
}

/** By what the line says, before anybody asks whether it is true. Numbers rise: of a file the first line tells for all. */
function isFrom(seq: number, line: Buffer): boolean {
  const claimed = claimedSeq(line.toString('latin1', 0, CLAIM_BYTES));
  return claimed !== undefined && claimed >= seq;
}

function* piecesOf(content: Buffer, file: string): Generator<Piece> {
  /** Of bytes that are no line: where they begin. */
  let unreadable: { readonly start: number; readonly line: number } | undefined;
  let [start, line] = [0, 1];
  for (let at = content.indexOf(LINE_BREAK); at >= 0; at = content.indexOf(LINE_BREAK, start), line++) {
    const entry = decodeLine(content.toString('utf8', start, at));
    if (entry === undefined) unreadable ??= { start, line };
    else {
      if (unreadable !== undefined)
        yield { file, line: unreadable.line, bytes: content.subarray(unreadable.start, start - 1), isEnded: true };
      unreadable = undefined;
      yield { file, line, entry };
    }
    start = at + 1;
  }
  const isEnded = start === content.length;
  const { start: begin, line: first } = unreadable ?? { start, line };
  if (begin < content.length) yield { file, line: first, bytes: content.subarray(begin, isEnded ? start - 1 : undefined), isEnded };
}
