/** Errors of a lane as what can travel between threads, and back as what a user reads. */

import { networkError } from '../backends/http/network-error.ts';
import { ModelError } from '../domain/errors.ts';
import { errnoOf, fsError } from '../domain/fs-error.ts';
import type { Fault, RangeEnd } from './lane-protocol.ts';
import { SourceChanged } from './local-feed.ts';
import { DiskFault } from './piece-writer.ts';
import { ConnectionLost } from './raw-connection.ts';
import { UnusualResponse } from './response-head.ts';

export function faultOf(error: unknown): Fault {
  if (error instanceof ModelError) return { kind: 'source', message: error.message, error };
  if (error instanceof UnusualResponse) return { kind: 'unusual', message: error.message };
  if (error instanceof SourceChanged) return { kind: 'source', message: error.message, changed: true };
  if (error instanceof ConnectionLost) return { kind: 'source', message: error.message };
  const about = error instanceof DiskFault ? error.cause : error;
  const errno = codeOf(about);
  const kind = error instanceof DiskFault ? 'disk' : errno === undefined ? 'bug' : 'source';
  return { kind, message: messageOf(error, about), ...(errno !== undefined && { errno }) };
}

/** @param label redacted name of the source */
export function errorOfFault(fault: Fault, label: string): ModelError {
  if (fault.error !== undefined) return fault.error;
  const cause = Object.assign(new Error(fault.message), fault.errno === undefined ? {} : { code: fault.errno });
  if (fault.kind === 'disk') return fsError(cause, 'keep the bytes received');
  if (fault.kind === 'bug') return new ModelError('INTERNAL', fault.message, { cause });
  const known = networkError(cause, label);
  if (known !== undefined) return known;
  return new ModelError('SOURCE_UNAVAILABLE', `${label}: ${fault.message}`, {
    reason: fault.changed ? 'source_changed' : 'connection_lost',
    cause,
  });
}

/** What the end of a range says against its source; undefined for an end that is none of its doing. */
export function errorOfEnd(end: RangeEnd, label: string): ModelError | undefined {
  switch (end.how) {
    case 'done':
    case 'cancelled':
      return undefined;
    case 'short':
      return new ModelError('INCOMPLETE_DOWNLOAD', `${label} sent fewer bytes than it promised`, { reason: 'body_short' });
    case 'overlong':
      return new ModelError('SIZE_MISMATCH', `${label} sends more bytes than the file has`, { reason: 'body_overlong' });
    case 'failed':
      return errorOfFault(end.fault, label);
  }
}

function messageOf(error: unknown, about: unknown): string {
  const detail = about instanceof Error ? about.message : String(about);
  return error instanceof DiskFault && about !== undefined
    ? `${error.message}: ${detail}`
    : error instanceof Error
      ? error.message
      : String(error);
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const code = (error as { code?: unknown } | null)?.code;
  return errnoOf(error) ?? (typeof code === 'string' ? code : undefined);
}
