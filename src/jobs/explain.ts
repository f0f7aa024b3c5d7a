/** Why a job takes, or took, as long as it does: what was measured of it, the heaviest cause first. Pure. */
import { type JobProgress, type JobRecord, type JobSummary, STALL_MS } from '../domain/jobs.ts';
import { formatBytes } from '../util/format-bytes.ts';
import { formatDuration } from '../util/format-duration.ts';
import { NO_SUMMARY } from './summarise.ts';

export type JobCause =
  | 'transfer'
  | 'limit'
  | 'stall'
  | 'lock'
  | 'derive'
  | 'read'
  | 'plan'
  | 'publish'
  | 'retry'
  | 'source'
  | 'wrong_bytes'
  | 'failed_try';

export interface JobFinding {
  readonly cause: JobCause;
  /** Time that went to it; absent where it was not measured, or runs beside others. */
  readonly ms?: number;
  readonly text: string;
}

export interface JobExplanation {
  readonly job: JobRecord;
  /** Time at work, over all attempts. */
  readonly worked_ms: number;
  /** What most of that went to; absent before anything was measured. */
  readonly main_cause?: JobCause;
  /** Those with a time first, the longest first. */
  readonly findings: readonly JobFinding[];
  readonly measured: JobSummary;
}

/** What is hashed and written while bytes arrive has no time of its own, so nothing is said of it. */
export function explainJob(job: JobRecord, progress?: JobProgress): JobExplanation {
  const measured = progress?.summary ?? job.summary ?? NO_SUMMARY;
  const timed = timedFindings(measured).sort((a, b) => (b.ms ?? 0) - (a.ms ?? 0));
  const [first] = timed;
  return {
    job,
    worked_ms: Object.values(measured.phase_ms).reduce((sum, ms) => sum + ms, 0),
    ...(first && { main_cause: first.cause }),
    findings: [...timed, ...speedFindings(measured), ...otherFindings(job, measured)],
    measured,
  };
}

function timedFindings(measured: JobSummary): JobFinding[] {
  const { phase_ms: phases, limited_ms: limitedMs, stalled_ms: stalledMs, lock_wait_ms: lockMs, waited_for: whom } = measured;
  const transferMs = Math.max(0, (phases.transferring ?? 0) - limitedMs - stalledMs);
  const finding = (cause: JobCause, ms: number, text: string): JobFinding[] =>
    ms >= 1 ? [{ cause, ms, text: `${formatDuration(ms)} ${text}` }] : [];
  return [
    ...finding('transfer', transferMs, 'of transfer, as fast as sources, network and this machine gave'),
    ...finding('limit', limitedMs, `as fast as the limit of ${formatBytes(measured.limit_bytes_per_second ?? 0)}/s allows`),
    ...finding('stall', stalledMs, stallText(measured)),
    ...finding('lock', lockMs, `of waiting for ${whom ?? 'another process'}`),
    ...finding('derive', phases.deriving ?? 0, 'of casting weights to another number format'),
    ...finding('read', phases.verifying ?? 0, 'of reading files'),
    ...finding('plan', phases.planning ?? 0, 'of looking at what is here and what to fetch'),
    ...finding('publish', phases.publishing ?? 0, 'of putting the model in its place'),
  ];
}

function speedFindings({ fetched_bytes: bytes, phase_ms: { transferring = 0 } }: JobSummary): JobFinding[] {
  if (bytes === 0 || transferring === 0) return [];
  return [
    {
      cause: 'transfer',
      text: `${formatBytes(bytes)} came in ${formatDuration(transferring)}, ${formatBytes((1000 * bytes) / transferring)}/s on average`,
    },
  ];
}

const stallText = ({ stalls, longest_stall_ms: longest }: JobSummary): string =>
  `of standing still: ${stalls === 1 ? 'once' : `${stalls} times`} for ${STALL_MS / 1000} s or more, ${formatDuration(longest)} at the longest`;

function otherFindings(
  { attempts, error }: JobRecord,
  { retries, retry_wait_ms: waitMs, sources, troubles, liars }: JobSummary,
): JobFinding[] {
  return [
    ...(retries > 0
      ? [
          {
            cause: 'retry' as const,
            text: `${retries} requests were tried again, ${formatDuration(waitMs)} of waiting added up over connections`,
          },
        ]
      : []),
    ...sources.map(({ source, files, bytes }) => ({
      cause: 'source' as const,
      text: `${formatBytes(bytes)} from ${source}, ${files === 0 ? 'of a file that is not whole yet' : `of ${files} ${files === 1 ? 'file' : 'files'}`}`,
    })),
    ...troubles.map(({ source, code, times, message }) => ({
      cause: 'source' as const,
      text: `${source} failed${times > 1 ? ` ${times} times` : ''}: ${message} (${code})`,
    })),
    ...liars.map((source) => ({ cause: 'wrong_bytes' as const, text: `${source} sent wrong bytes, which were fetched again` })),
    ...(attempts > 1
      ? [{ cause: 'failed_try' as const, text: `it was begun ${attempts} times${error ? `; the last try failed: ${error.message}` : ''}` }]
      : []),
  ];
}
