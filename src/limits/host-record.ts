/** What is on record of a host, one small file each. */
import type { ErrorCode, ModelError } from '../domain/errors.ts';
import type { StoreContext } from '../store/context.ts';
import { readRecord } from '../store/record.ts';

/** No message: it may quote the host. */
export interface FailureNote {
  readonly code: ErrorCode;
  readonly reason?: string;
  /** Of the wall clock. */
  readonly at_ms: number;
}

/** Times are of the wall clock: processes share it. */
export interface HostRecord {
  readonly host: string;
  readonly paused_until_ms: number;
  readonly shut_until_ms: number;
  /** For how long it was shut last; doubles with each probe that fails. */
  readonly shut_ms: number;
  /** Until it gives bytes again. */
  readonly last_failure?: FailureNote;
}

/** Longer patience is not waited for: the host counts as shut for that long. */
export const MAX_PAUSE_MS = 60_000;
/** While one file tries whether a host is back, the others leave it alone. */
export const PROBE_MS = 15_000;

export const hostRecordPath = ({ resolver }: StoreContext, host: string): string => resolver.stateFile('hosts', host);

export function readHostRecord(store: StoreContext, host: string): HostRecord {
  const read = readRecord<HostRecord>(hostRecordPath(store, host));
  return read?.host === host ? read : nothingOf(host);
}

export const nothingOf = (host: string): HostRecord => ({ host, paused_until_ms: 0, shut_until_ms: 0, shut_ms: 0 });

/** A clock that was set back must not hold anybody up: what reaches further than it can is not believed. */
export function isPausedAt({ paused_until_ms: until }: HostRecord, nowMs: number): boolean {
  return until > nowMs && until - nowMs <= MAX_PAUSE_MS;
}

export function isShutAt({ shut_until_ms: until, shut_ms: lastMs }: HostRecord, nowMs: number): boolean {
  return until > nowMs && until - nowMs <= Math.max(lastMs, PROBE_MS);
}

export const noteOf = ({ code, reason }: ModelError, at_ms: number): FailureNote => ({
  code,
  ...(reason !== undefined && { reason }),
  at_ms,
});
