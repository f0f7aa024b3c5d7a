/** A request -> the verb that does it, and plain facts of what it did. */
import type { ModelError } from '../domain/errors.ts';
import type { GcRequest, JobRecord, JobResult } from '../domain/jobs.ts';
import type { CallOptions, GcOptions, ModelOrchestrator } from '../orchestrator/api.ts';
import { gcFault, lockFault, scrubFault, verifyFault } from '../orchestrator/report-faults.ts';

export interface Done {
  readonly result: JobResult;
  /** The work was done, and what it found is not well. */
  readonly fault?: ModelError | undefined;
}

/** Each verb may be run again after any kill: what was done before it finds done. */
export async function runRequest(orchestrator: ModelOrchestrator, job: JobRecord, call: CallOptions): Promise<Done> {
  const { request } = job;
  switch (request.kind) {
    case 'ensure': {
      const { kind: _, model, ...selection } = request;
      const { path, totalBytes, fetchedBytes, reusedBytes, proof } = await orchestrator.ensureDetailed(model, {
        ...call,
        ...given(selection),
      });
      return { result: { path, total_bytes: totalBytes, fetched_bytes: fetchedBytes, reused_bytes: reusedBytes, proof } };
    }
    case 'verify': {
      const options = { ...call, ...rateOf(job), resume: job.attempts > 1, deep: request.deep ?? false };
      const report = await orchestrator.verifyIntegrity(request.model, options);
      const { path, files, bytesRead } = report;
      const wrong = files.filter(({ ok }) => !ok).length;
      return { result: { path, files: files.length, wrong_files: wrong, bytes_read: bytesRead }, fault: verifyFault(report) };
    }
    case 'repair': {
      const { path, files, fetchedBytes, bytesRead } = await orchestrator.repair(request.model, call);
      return { result: { path, mended_files: files.length, fetched_bytes: fetchedBytes, bytes_read: bytesRead } };
    }
    case 'gc': {
      const trigger = job.origin === 'schedule' ? 'schedule' : 'manual';
      const report = await orchestrator.gc({ ...call, trigger, ...gcOptions(request) });
      const removed = report.items.filter(({ action }) => action !== 'keep').length;
      const { reclaimedBytes, trashBytes } = report;
      return { result: { removed, reclaimed_bytes: reclaimedBytes, trash_bytes: trashBytes }, fault: gcFault(report) };
    }
    case 'scrub': {
      const { max_age_ms: maxAgeMs } = request;
      const report = await orchestrator.scrub({ ...call, ...rateOf(job), ...given({ maxAgeMs }) });
      const { blobCount, skippedCount, corrupt, bytesRead } = report;
      return {
        result: { blobs: blobCount, skipped: skippedCount, corrupt: corrupt.length, bytes_read: bytesRead },
        fault: scrubFault(report),
      };
    }
    case 'lock': {
      const { parts, failed } = await orchestrator.lock(request.models, { ...call, update: request.update ?? false });
      const changed = parts.filter(({ action }) => action !== 'kept').length;
      return { result: { parts: parts.length, changed_parts: changed }, fault: lockFault(failed) };
    }
  }
}

function gcOptions({ older_than_ms, max_size_bytes, free_bytes, keep_last, family, purge }: GcRequest): GcOptions {
  return given({
    olderThanMs: older_than_ms,
    maxSizeBytes: max_size_bytes,
    freeBytes: free_bytes,
    keepLast: keep_last,
    family,
    purge,
  });
}

/** Reading has one limit for as long as it takes; that of transfers is changed while they run. */
const rateOf = ({ limit_rate_bytes_per_second: limitRateBytesPerSecond }: JobRecord) => given({ limitRateBytesPerSecond });

type Given<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** Without the keys that say nothing. */
const given = <T extends object>(options: T): Partial<Given<T>> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Given<T>>;
