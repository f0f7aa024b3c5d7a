/** What lines of the log say of the same things, under the same names. */
import type { ErrorDocument, ModelError } from '../domain/errors.ts';
import type { LockHolder } from '../domain/events.ts';

interface Downloaded {
  readonly sources?: readonly string[];
  readonly durationMs?: number;
  readonly fetchedBytes?: number;
  readonly fetchedFiles?: number;
}

/** As the design document names them. Of several sources, all. */
export function downloadFields({ sources = [], durationMs, fetchedBytes, fetchedFiles }: Downloaded): Readonly<Record<string, unknown>> {
  return {
    source: sources.length === 0 ? undefined : sources.join(', '),
    duration_seconds: durationMs === undefined ? undefined : seconds(durationMs),
    bytes_downloaded: fetchedBytes,
    files_downloaded: fetchedFiles,
  };
}

/** What every line says of a failure. */
export function errorFields(error: ErrorDocument): Readonly<Record<string, unknown>> {
  return {
    error_code: error.code,
    error_reason: error.reason,
    retryable: error.retryable,
    hint: error.hint,
    attempts: error.attempts,
    details: error.details,
  };
}

export function holderFields(holder: LockHolder | undefined): Readonly<Record<string, unknown>> {
  return holder === undefined ? {} : { holder_pid: holder.pid, holder_host: holder.host, holder_doing: holder.doing };
}

/** What a line says of a failure in the service; of a bug also where it happened. Not redacted. */
export const failureFields = (failure: ModelError): Readonly<Record<string, unknown>> => ({
  ...errorFields(failure.toJSON()),
  ...(failure.code === 'INTERNAL' && { stack: stackOf(failure) }),
});

const stackOf = ({ cause, stack = '' }: Error): string => (cause instanceof Error ? (cause.stack ?? '') : stack);

export const seconds = (ms: number): number => Math.round(ms) / 1000;
