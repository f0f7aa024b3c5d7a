/** Lines that are bound to one another by their hashes: pure. */
import { createHash } from 'node:crypto';
import type { AuditEntry, AuditLine, AuditMark } from '../../domain/audit.ts';

/** Before the first line. */
export const GENESIS: AuditMark = { seq: 0, hash: '0'.repeat(64) };

export interface EncodedLine extends AuditMark {
  /** Without its line break. */
  readonly text: string;
}

/** The line that comes after another one. */
export function encodeLine(entry: AuditEntry, { seq: before, hash: prev }: AuditMark): EncodedLine {
  const seq = before + 1;
  const body = JSON.stringify({ seq, ...entry, prev });
  const hash = sha256(body);
  return { seq, hash, text: `${body.slice(0, -1)},"hash":"${hash}"}` };
}

/** Its end, as every line has it: what comes before is hashed as it stands. */
const HASHED = /^(?<body>\{.+),"hash":"(?<hash>[0-9a-f]{64})"\}$/s;

/** Undefined for what is no line that anybody wrote here whole: torn, or changed without a new hash. */
export function decodeLine(text: string): AuditLine | undefined {
  const { body, hash } = HASHED.exec(text)?.groups ?? {};
  if (body === undefined || sha256(`${body}}`) !== hash) return undefined;
  return JSON.parse(text) as AuditLine;
}

/** What a line that does not check says of its own number, for people. */
export function claimedSeq(text: string): number | undefined {
  const seq = /^\{"seq":(?<seq>\d{1,15}),/.exec(text)?.groups?.seq;
  return seq === undefined ? undefined : Number(seq);
}

export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
