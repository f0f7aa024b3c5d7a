/** Events as log records: pure. What is said again and again (progress) is not logged. */

import { describeHolder } from '../domain/describe-holder.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { EventBody, ModelEvent } from '../domain/events.ts';
import { isOfCaller } from '../domain/http-status.ts';
import { formatBytes } from '../util/format-bytes.ts';
import { formatDuration } from '../util/format-duration.ts';
import { downloadFields, errorFields, holderFields, seconds } from './log-fields.ts';
import { modelFields } from './model-fields.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Fields that every record may have, under the names that the field's log collectors know; snake_case. */
export interface LogRecord {
  /** ISO 8601 with milliseconds. */
  readonly timestamp: string;
  readonly level: 'ERROR' | 'WARN' | 'INFO' | 'DEBUG';
  readonly message: string;
  readonly correlation_id: string;
  readonly event: ModelEvent['type'] | 'http.answered' | 'http.listening' | 'http.stopping' | 'service.trouble';
  /** `name@version` */
  readonly model_id?: string;
  readonly variant?: string;
  readonly source?: string;
  readonly duration_seconds?: number;
  readonly bytes_downloaded?: number;
  readonly files_downloaded?: number;
  readonly error_code?: ErrorCode;
  readonly [field: string]: unknown;
}

/** What an event adds to its envelope; `undefined` for one that is not logged. */
interface Said {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export function toLogRecord(event: ModelEvent): LogRecord | undefined {
  const said = say(event);
  if (said === undefined) return undefined;
  const { level, message, fields = {} } = said;
  return {
    timestamp: event.time,
    level: level.toUpperCase() as LogRecord['level'],
    message,
    correlation_id: event.correlationId,
    event: event.type,
    ...modelFields(event),
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
  };
}

function say(event: ModelEvent): Said | undefined {
  switch (event.type) {
    case 'ensure.started':
      return info(`Model requested: ${event.fileCount} files, ${formatBytes(event.totalBytes)}`, {
        files: event.fileCount,
        bytes_total: event.totalBytes,
      });
    case 'ensure.phase':
      return debug(`Model ${event.phase}`, { phase: event.phase });
    case 'ensure.planned':
      return info(`Planned: ${formatBytes(event.heldBytes)} are here, ${formatBytes(event.fetchBytes)} to fetch`, {
        bytes_total: event.totalBytes,
        bytes_held: event.heldBytes,
        bytes_to_fetch: event.fetchBytes,
        ...(event.copyBytes !== undefined && { bytes_to_copy: event.copyBytes }),
      });
    case 'ensure.finished':
      return sayFinished(event);
    case 'ensure.failed':
      return sayEnsureFailed(event);
    case 'file.started':
      return debug(`File started: ${event.file}`, {
        file: event.file,
        source: event.source,
        bytes_total: event.sizeBytes,
        bytes_held: event.heldBytes,
      });
    case 'file.finished':
      return sayFileFinished(event);
    case 'source.failed':
      return warn(`Source failed: ${event.source}: ${event.error.message}`, {
        source: event.source,
        file: event.file,
        duration_seconds: event.durationMs === undefined ? undefined : seconds(event.durationMs),
        bytes_downloaded: event.receivedBytes,
        ...errorFields(event.error),
      });
    case 'source.ended':
      return debug(`Source ${event.outcome}: ${event.source}: ${event.file}`, {
        source: event.source,
        file: event.file,
        outcome: event.outcome,
        duration_seconds: seconds(event.durationMs),
        bytes_downloaded: event.receivedBytes,
      });
    case 'file.hashed':
      return debug(`File hashed: ${event.file}`, { file: event.file, ok: event.ok, duration_seconds: seconds(event.durationMs) });
    case 'source.lied':
      return warn(`Source sent wrong bytes: ${event.source}: ${event.file}`, {
        source: event.source,
        file: event.file,
        expected: event.expected,
        found: event.found,
      });
    case 'retry.scheduled':
      return info(`Try ${event.attempt} in ${formatDuration(event.delayMs)}: ${event.source}: ${event.reason}`, {
        source: event.source,
        file: event.file,
        attempt: event.attempt,
        delay_seconds: seconds(event.delayMs),
        reason: event.reason,
      });
    case 'lock.waiting':
      return info(`waiting for ${describeHolder(event.holder, Date.parse(event.time))}, for ${formatDuration(event.waitedMs)} so far`, {
        lock: event.lock,
        waited_seconds: seconds(event.waitedMs),
        ...holderFields(event.holder),
      });
    case 'blob.healed':
      return warn(`Replaced damaged bytes of ${event.digest} in ${event.links.length} places`, {
        digest: event.digest,
        links: event.links,
      });
    case 'recovery.done':
      return info(`Cleaned up after an interrupted process: ${event.what}: ${event.path}`, { what: event.what, path: event.path });
    case 'verify.file':
      return event.ok
        ? debug(`Verified: ${event.file}`, { file: event.file, ok: true })
        : { level: 'error', message: `Not as proven: ${event.file}`, fields: { file: event.file, ok: false, fault: event.fault } };
    case 'gc.started':
      return debug(`Garbage collection: ${event.items} to remove`, { trigger: event.trigger, items: event.items, bytes: event.bytes });
    case 'gc.removed':
      return info(`Removed ${event.kind} ${event.what}: ${event.reason}`, {
        kind: event.kind,
        what: event.what,
        bytes: event.bytes,
        reason: event.reason,
      });
    case 'gc.trashed':
      return info(`Moved ${event.kind} ${event.what} to the trash: ${event.reason}`, {
        kind: event.kind,
        what: event.what,
        bytes: event.bytes,
        reason: event.reason,
      });
    case 'gc.finished':
      return info(`Garbage collection: ${event.removed} removed, ${event.trashed} moved to the trash, ${event.kept} kept`, {
        trigger: event.trigger,
        removed: event.removed,
        trashed: event.trashed,
        kept: event.kept,
        bytes_reclaimed: event.reclaimedBytes,
        bytes_in_trash: event.trashBytes,
        duration_seconds: seconds(event.durationMs),
      });
    case 'tier.moved':
      return info(
        `Moved to the tier ${event.to}: ${formatBytes(event.writtenBytes)} written, ${formatBytes(event.reclaimedBytes)} given back`,
        {
          tier: event.to,
          bytes_written: event.writtenBytes,
          bytes_stored: event.storedBytes,
          bytes_reclaimed: event.reclaimedBytes,
        },
      );
    case 'act.finished':
      return info(`Done: ${event.act}`, { act: event.act, facts: event.facts });
    case 'act.failed':
      return sayFailed(event);
    case 'job.changed':
      return sayJob(event);
    case 'warning':
      return warn(event.message, { warning_code: event.code });
    case 'ensure.progress':
    case 'file.progress':
    case 'file.received':
    case 'source.started':
    case 'range.started':
    case 'range.ended':
    case 'verify.progress':
    case 'lock.progress':
    case 'tier.progress':
      return undefined;
  }
}

/** What whoever asked can mend is no trouble of ours, as in the service's line of the answer. `ensure.failed` has said it of an ensure. */
function sayFailed({ act, error }: Extract<EventBody, { type: 'act.failed' }>): Said | undefined {
  if (act === 'ensure' || act === 'lease') return undefined;
  return {
    level: isOfCaller(error) ? 'warn' : 'error',
    message: `Failed: ${act}: ${error.message}`,
    fields: { act, ...errorFields(error) },
  };
}

function sayFinished(event: Extract<EventBody, { type: 'ensure.finished' }>): Said {
  const message = event.fetchedBytes > 0 ? 'Model download completed' : 'Model is complete';
  return info(message, {
    path: event.path,
    ...downloadFields(event),
    proof: event.proof,
  });
}

function sayEnsureFailed(event: Extract<EventBody, { type: 'ensure.failed' }>): Said {
  const { error } = event;
  const fields = { ...downloadFields(event), ...errorFields(error) };
  return { level: error.code === 'CANCELLED' ? 'warn' : 'error', message: error.message, fields };
}

function sayJob(event: Extract<EventBody, { type: 'job.changed' }>): Said {
  const { id, label, state, attempts, error } = event;
  const why = error === undefined ? '' : `: ${error.message}`;
  const fields = { job_id: id, job_state: state, attempts, ...downloadFields(event), ...(error && errorFields(error)) };
  return {
    level: state === 'failed' ? 'error' : error === undefined ? 'info' : 'warn',
    message: `Job ${id} ${state}: ${label}${why}`,
    fields,
  };
}

function sayFileFinished(event: Extract<EventBody, { type: 'file.finished' }>): Said {
  const { file, origin, proof } = event;
  return {
    level: origin === 'fetched' ? 'info' : 'debug',
    message: `File ${origin}: ${file} (${formatBytes(event.sizeBytes)}, ${proof})`,
    fields: {
      file,
      origin,
      proof,
      source: event.sources.length === 0 ? undefined : event.sources.join(', '),
      bytes_total: event.sizeBytes,
      bytes_downloaded: event.fetchedBytes,
      duration_seconds: seconds(event.durationMs),
    },
  };
}

const info = (message: string, fields: Said['fields'] = {}): Said => ({ level: 'info', message, fields });
const warn = (message: string, fields: Said['fields'] = {}): Said => ({ level: 'warn', message, fields });
const debug = (message: string, fields: Said['fields'] = {}): Said => ({ level: 'debug', message, fields });
