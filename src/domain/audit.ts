/** The audit log: a line for each act, each bound to the one before it. */
import type { AuditedAct, CallActor, Facts } from './acts.ts';
import type { ErrorCode } from './errors.ts';

export interface AuditActor extends CallActor {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
}

/** What is told of an act. */
export interface AuditEntry {
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  /** `audit.mended`: the log itself, where a writer had been killed in the middle of a line. */
  readonly act: AuditedAct | 'audit.mended';
  /** Of the model, as far as it is one model that was named. */
  readonly reference?: string;
  readonly outcome: 'ok' | ErrorCode;
  readonly actor: AuditActor;
  readonly correlation_id: string;
  readonly facts: Facts;
}

/** As it lies in the log: wire names, since the line is what is hashed. */
export interface AuditLine extends AuditEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  /** `hash` of the line before; 64 zeros in the first one. */
  readonly prev: string;
  /** sha256 of the line's JSON without this key. */
  readonly hash: string;
}

/** A line by its number and hash: whoever notes one elsewhere can tell later that the log still has it. */
export interface AuditMark {
  readonly seq: number;
  readonly hash: string;
}

/**
 * `changed`: a line is not as it was written; `missing`: lines are gone; `misplaced`: a line stands where another one should; `cut`: the end is gone;
 * `unreadable`: bytes that are no line; `no_head`: the record of the last line is gone, so that nobody can tell whether the end is.
 */
export type AuditFaultKind = 'changed' | 'missing' | 'misplaced' | 'cut' | 'unreadable' | 'no_head';

export interface AuditFault {
  readonly kind: AuditFaultKind;
  /** Number of the line, or of the first one. */
  readonly seq?: number;
  /** Name of the file, and the line in it from 1, where there is one. */
  readonly file?: string;
  readonly line?: number;
  readonly message: string;
}

export interface AuditVerdict {
  readonly ok: boolean;
  /** Absolute. */
  readonly directory: string;
  readonly files: number;
  readonly lines: number;
  readonly first?: number;
  /** The last line: note it elsewhere, and a later verification can be asked for it. */
  readonly head?: AuditMark;
  readonly faults: readonly AuditFault[];
  /** Torn lines of killed writers that the log tells of itself. */
  readonly mended: number;
  /** Bytes of a line at the end whose writer was killed: the next writer tells of them. */
  readonly tornBytes: number;
  /** Lines at the end that the record of the last line does not know yet, since their writer was killed before. */
  readonly unanchored: number;
}
