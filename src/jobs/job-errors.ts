import { type ErrorDocument, ModelError } from '../domain/errors.ts';
import { type JobRecord, statePhrase } from '../domain/jobs.ts';

export const noSuchJob = (id: string): ModelError =>
  new ModelError('JOB_NOT_FOUND', `there is no job ${JSON.stringify(id)}`, { details: { id } });

export const severalJobs = (id: string, ids: readonly string[]): ModelError =>
  new ModelError('INVALID_INPUT', `${JSON.stringify(id)} may be any of ${ids.length} jobs`, {
    reason: 'job_ambiguous',
    hint: 'write more digits of its id',
    details: { ids: ids.slice(0, 20) },
  });

/** @param whatFor "pause" */
export const wrongState = ({ id, state, label }: JobRecord, whatFor: string, hint: string): ModelError =>
  new ModelError('CONCURRENT_MODIFICATION', `job ${id} (${label}) ${statePhrase(state)}: there is nothing to ${whatFor}`, {
    reason: 'job_state',
    hint,
    retryable: false,
    details: { id, state },
  });

export const queueFull = (limit: number): ModelError =>
  new ModelError('RATE_LIMIT', `${limit} jobs wait already`, {
    reason: 'queue_full',
    hint: 'wait until some have ended, or cancel some with `wan models jobs cancel`',
    details: { limit },
  });

/** On record with the job, as what it ended with. */
export const killsItsProcess = (deaths: number): ErrorDocument =>
  new ModelError('INTERNAL', `the process that ran it died ${deaths} times in a row, each time before it came any further`, {
    reason: 'job_deaths',
    hint: 'see the log of `wan serve` or `wan models jobs run`, and that of the system (out of memory?); then `wan models jobs retry`',
  }).toJSON();
