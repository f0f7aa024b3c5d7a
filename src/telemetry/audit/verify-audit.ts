/** Whether every line is as it was written, in its place, and none is gone. Changes nothing. */
import type { AuditFault, AuditLine, AuditMark, AuditVerdict } from '../../domain/audit.ts';
import { tornFacts } from './audit-log.ts';
import { claimedSeq, GENESIS } from './chain.ts';
import { MissingLines } from './missing-lines.ts';
import { type Place, readPieces, type Unreadable } from './read-log.ts';
import { listSegments, readHead } from './segments.ts';

export interface VerifyAuditOptions {
  /** Number of the first line that should be here: what was archived before it is not missed. Default 1. */
  readonly from?: number;
  /** A line that was noted elsewhere: it must still be there, and the same. */
  readonly mark?: AuditMark;
}

export function verifyAudit(directory: string, { from = 1, mark }: VerifyAuditOptions = {}): AuditVerdict {
  const head = readHead(directory);
  const chain = new Chain(from, [head?.seq, mark?.seq]);
  for (const piece of readPieces(directory)) {
    if ('entry' in piece) chain.line(piece.entry, piece);
    else chain.unreadable(piece);
  }
  chain.end();
  if (head !== undefined) chain.compare(head, 'the record of the last line (head.json)');
  else if (chain.last.seq > 1) chain.fault('no_head', 'head.json is gone: nobody can tell whether lines were cut off the end');
  if (mark !== undefined) chain.compare(mark, 'the line that was noted elsewhere');
  const { faults, first, last, lines, mended, tornBytes } = chain;
  return {
    ok: faults.length === 0,
    directory,
    files: listSegments(directory).length,
    ...{ lines, faults, mended, tornBytes },
    ...(first !== undefined && { first, head: { seq: last.seq, hash: last.hash } }),
    unanchored: head === undefined ? lines : Math.max(0, last.seq - head.seq),
  };
}

class Chain {
  readonly faults: AuditFault[] = [];
  /** Of all lines so far the one with the highest number. */
  last: AuditMark = GENESIS;
  first: number | undefined;
  lines = 0;
  mended = 0;
  tornBytes = 0;
  readonly #from: number;
  readonly #missing = new MissingLines();
  /** Hashes of lines that somebody will ask for. */
  readonly #hashes = new Map<number, string | undefined>();
  /** What stood before the next line. */
  #torn: Unreadable | undefined;

  constructor(from: number, wanted: readonly (number | undefined)[]) {
    this.#from = from;
    for (const seq of wanted) if (seq !== undefined) this.#hashes.set(seq, undefined);
  }

  unreadable(piece: Unreadable): void {
    this.#accuse();
    this.#torn = piece;
  }

  line(entry: AuditLine, place: Place): void {
    const claimed = this.#tellsOf(entry) ? this.#mend() : this.#accuse();
    this.lines++;
    if (this.#hashes.has(entry.seq)) this.#hashes.set(entry.seq, entry.hash);
    if (this.first !== undefined && entry.seq <= this.last.seq) this.#misplaced(entry, place);
    else this.#follows(entry, place, claimed);
  }

  /** Nothing comes any more. */
  end(): void {
    if (this.#torn?.isEnded === false) {
      this.tornBytes = this.#torn.bytes.length;
      this.#torn = undefined;
    }
    this.#accuse();
    for (const { from, to, before } of this.#missing.gaps)
      this.fault('missing', `${named(from, to)} before this one`, { seq: from, ...before });
  }

  compare({ seq, hash }: AuditMark, what: string): void {
    const found = this.#hashes.get(seq);
    if (seq > this.last.seq)
      this.fault('cut', `${named(this.last.seq + 1, seq)} at the end: ${what} names line ${seq}`, { seq: this.last.seq + 1 });
    else if (found === undefined) this.fault('missing', `line ${seq}, ${what}, is not here`, { seq });
    else if (found !== hash) this.fault('changed', `line ${seq} is another one than ${what} says`, { seq });
  }

  fault(kind: AuditFault['kind'], message: string, at: Partial<Place> & { readonly seq?: number } = {}): void {
    const { seq, file, line } = at;
    const placed = { ...(seq !== undefined && { seq }), ...(file !== undefined && { file }), ...(line !== undefined && { line }) };
    this.faults.push({ kind, ...placed, message });
  }

  /** After a killed writer the next one says how much it found. */
  #tellsOf({ act, facts }: AuditLine): boolean {
    if (this.#torn === undefined || act !== 'audit.mended') return false;
    const { torn_bytes, torn_sha256 } = tornFacts(this.#torn.bytes);
    return facts.torn_bytes === torn_bytes && facts.torn_sha256 === torn_sha256;
  }

  #mend(): number {
    this.mended++;
    this.#torn = undefined;
    return 0;
  }

  /** @returns how many lines stood there */
  #accuse(): number {
    const { bytes, file, line } = this.#torn ?? {};
    this.#torn = undefined;
    if (bytes === undefined || file === undefined || line === undefined) return 0;
    const texts = bytes.toString().split('\n');
    for (const [index, text] of texts.entries()) {
      const seq = claimedSeq(text);
      const at = { file, line: line + index, ...(seq !== undefined && { seq }) };
      if (seq === undefined) this.fault('unreadable', 'this is no line of the log', at);
      else this.fault('changed', `line ${seq} is not as it was written`, at);
    }
    return texts.length;
  }

  #misplaced({ seq }: AuditLine, place: Place): void {
    this.#missing.found(seq);
    this.fault('misplaced', `line ${seq} stands after line ${this.last.seq}`, { seq, ...place });
  }

  /** @param claimed lines in between that were named already */
  #follows({ seq, hash, prev }: AuditLine, place: Place, claimed: number): void {
    const before = this.last;
    const expected = (this.first === undefined ? Math.min(this.#from, seq) : before.seq + 1) + claimed;
    this.#missing.add({ from: expected, to: seq - 1, before: place });
    this.first ??= seq;
    this.last = { seq, hash };
    // What stands before it is known only of the very next line.
    if (claimed > 0 || seq !== before.seq + 1 || prev === before.hash) return;
    if (seq === 1) this.fault('changed', 'the first line says that another one stood before it', { seq, ...place });
    else this.fault('changed', `line ${seq - 1} is another one than that which line ${seq} was written after`, { seq: seq - 1, ...place });
  }
}

const named = (from: number, to: number): string => (from === to ? `line ${from} is missing` : `lines ${from} to ${to} are missing`);
