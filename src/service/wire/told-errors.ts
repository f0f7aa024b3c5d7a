/** Errors inside of answers that went well, with the next step as callers of the API take it. */
import type { errorObject } from '../../documents/envelope.ts';
import type { ErrorDocument } from '../../domain/errors.ts';
import type { JobRecord } from '../../domain/jobs.ts';
import type { ModelSource } from '../../domain/results.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import { errorDocumentWire } from '../../wire/error-wire.ts';
import { type JobWire, shownJob } from '../../wire/job-wire.ts';
import type { Wire } from '../../wire/wire.ts';
import { overHttp } from '../over-http.ts';

export const toldError = (error: ErrorDocument): Wire<typeof errorObject> => errorDocumentWire(overHttp(error));

export function toldJob(queue: Pick<JobQueue, 'progress'>, record: JobRecord): JobWire {
  const job = shownJob(queue, record);
  return job.error === undefined ? job : { ...job, error: overHttp(job.error) };
}

export const toldSource = (source: ModelSource): ModelSource => ({
  ...source,
  ...(source.error && { error: overHttp(source.error) }),
  ...(source.probe && { probe: { ...source.probe, ...(source.probe.error && { error: overHttp(source.probe.error) }) } }),
});
