/** Where the log ends: what the next line comes after, and what a killed writer left there. */
import type { AuditMark } from '../../domain/audit.ts';
import { decodeLine, GENESIS } from './chain.ts';
import { listSegments, readHead, readSegment, segmentBytes } from './segments.ts';

export interface Tail {
  /** File that is written to; undefined where there is none yet. */
  readonly file: string | undefined;
  readonly bytes: number;
  readonly last: AuditMark;
  /** Bytes after the last line that are none. */
  readonly torn: Buffer;
}

const LINE_BREAK = 0x0a;

/**
 * The head saves reading: only what lies after it is read, since a writer may have died before it noted its line. A head that names more than
 * is there keeps its place: the gap shows in every verification from then on.
 */
export function readTail(directory: string): Tail {
  const files = listSegments(directory);
  const file = files.at(-1);
  const head = readHead(directory);
  const last = head ?? lastOf(directory, files.slice(0, -1));
  if (file === undefined) return { file, bytes: 0, last, torn: Buffer.alloc(0) };
  const content = head?.file === file && head.bytes === segmentBytes(directory, file) ? undefined : readSegment(directory, file);
  if (content === undefined) return { file, bytes: segmentBytes(directory, file), last, torn: Buffer.alloc(0) };
  const from = head?.file === file && head.bytes < content.length ? head.bytes : 0;
  return { file, bytes: content.length, ...afterLast(content, from, last) };
}

function afterLast(content: Buffer, from: number, noted: AuditMark): Pick<Tail, 'last' | 'torn'> {
  let [last, end] = [noted, from];
  for (const { text, endsAt } of linesOf(content, from)) {
    const line = decodeLine(text);
    if (line === undefined) continue;
    end = endsAt;
    if (line.seq > last.seq) last = line;
  }
  return { last, torn: content.subarray(end) };
}

/** Only where no head says it. */
function lastOf(directory: string, files: readonly string[]): AuditMark {
  const newest = files.at(-1);
  if (newest === undefined) return GENESIS;
  const { last } = afterLast(readSegment(directory, newest), 0, GENESIS);
  return last === GENESIS ? lastOf(directory, files.slice(0, -1)) : last;
}

/** Whole ones, with their line break. */
function* linesOf(content: Buffer, from: number): Generator<{ readonly text: string; readonly endsAt: number }> {
  for (let start = from; ; ) {
    const at = content.indexOf(LINE_BREAK, start);
    if (at < 0) return;
    yield { text: content.toString('utf8', start, at), endsAt: at + 1 };
    start = at + 1;
  }
}
