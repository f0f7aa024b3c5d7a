import type { jobsData } from '../../documents/jobs.ts';
import { type JobRecord, type JobState, statePhrase } from '../../domain/jobs.ts';
import type { Submitted } from '../../jobs/job-queue.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { minuteOf } from '../../util/minute-of.ts';
import type { JobWire } from '../../wire/job-wire.ts';
import { type Tried, valuesOf } from '../../wire/tried.ts';
import type { Wire } from '../../wire/wire.ts';
import type { ChangeName } from '../jobs/change-jobs.ts';
import { mark, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, properties, table } from './table.ts';

type JobList = Extract<Wire<typeof jobsData>, { action: 'list' }>;

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'JOB' },
  { title: 'STATE' },
  { title: 'WHAT' },
  { title: 'DONE', align: 'right' },
  { title: 'SPEED', align: 'right' },
  { title: 'LEFT', align: 'right' },
  { title: 'PRIORITY', align: 'right' },
  { title: 'NOTE', flows: true },
];

const VERDICTS: Readonly<Record<JobState, Verdict>> = {
  queued: 'none',
  running: 'soft',
  paused: 'none',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'none',
};

export function jobsText(screen: Screen, { runner, jobs, unreadable, schedules }: JobList): string {
  const isWaiting = jobs.some(({ state }) => state === 'queued' || state === 'running');
  return [
    jobs.length === 0
      ? 'no jobs'
      : table(
          screen,
          COLUMNS,
          jobs.map((job) => row(screen, job)),
        ),
    ...(isWaiting && !runner ? ['', NO_RUNNER] : []),
    ...(schedules.length === 0 ? [] : ['', ...schedules.map(scheduleLine)]),
    ...unreadable.map((name) => `${mark(screen, 'bad')} .state/jobs/${name} is no record of a job: remove it once you have looked at it`),
  ].join('\n');
}

const NO_RUNNER = 'nothing runs jobs here now: start `wan serve`, or `wan models jobs run`';

const scheduleLine = ({ name, times, next_at: next }: JobList['schedules'][number]): string =>
  `${name} by itself at "${times}", next ${minuteOf(next)}`;

function row(screen: Screen, job: JobWire): readonly string[] {
  const { id, state, label, priority, wanted } = job;
  return [
    mark(screen, VERDICTS[state]),
    id,
    wanted === undefined ? state : `${state}, to ${wanted}`,
    label,
    doneText(job),
    job.bytes_per_second === undefined ? '' : `${formatBytes(job.bytes_per_second)}/s`,
    job.eta_seconds === undefined ? '' : formatDuration(1000 * job.eta_seconds),
    priority === 0 ? '' : String(priority),
    noteOf(job),
  ];
}

function doneText({ done_bytes: done, total_bytes: total }: JobWire): string {
  if (total === 0) return '';
  return done === total ? formatBytes(total) : `${Math.floor((100 * done) / total)} % of ${formatBytes(total)}`;
}

function noteOf({ error, retry_at: retryAt, finished_at: finishedAt, phase }: JobWire): string {
  if (error !== undefined) return `${retryAt === undefined ? '' : `tried again ${minuteOf(retryAt)}: `}${error.message}`;
  if (finishedAt !== undefined) return `ended ${minuteOf(finishedAt)}`;
  return phase ?? '';
}

export function jobText(screen: Screen, job: JobWire): string {
  const { error, result = {}, limit_rate_bytes_per_second: limit } = job;
  return [
    `${mark(screen, VERDICTS[job.state])} ${job.label}`,
    properties(screen, [
      ['id', job.id],
      ['state', job.wanted === undefined ? job.state : `${job.state}, asked to ${job.wanted}`],
      ['phase', job.phase ?? ''],
      ['done', doneText(job)],
      ['speed', job.bytes_per_second === undefined ? '' : `${formatBytes(job.bytes_per_second)}/s`],
      ['left', job.eta_seconds === undefined ? '' : formatDuration(1000 * job.eta_seconds)],
      ['limit', limit === undefined ? '' : `${formatBytes(limit)}/s`],
      ['priority', String(job.priority)],
      [
        'begun',
        job.attempts === 0 ? 'never' : `${job.attempts === 1 ? 'once' : `${job.attempts} times`}, last ${minuteOf(job.started_at ?? '')}`,
      ],
      ['queued', `${minuteOf(job.created_at)} by ${job.origin}`],
      ['ended', job.finished_at === undefined ? '' : minuteOf(job.finished_at)],
      ['next try', job.retry_at === undefined ? '' : minuteOf(job.retry_at)],
      ['error', error === undefined ? '' : `${error.message} (${error.code}): ${error.hint}`],
      ...Object.entries(result).map(
        ([key, value]) => [key.replaceAll('_', ' '), /(?:^|_)bytes(?:_|$)/.test(key) ? formatBytes(Number(value)) : String(value)] as const,
      ),
      ['in the log', job.correlation_id],
    ]),
    paint(screen, 'dim', `why it took so long: wan models explain ${job.id}`),
  ].join('\n');
}

const SAID: Readonly<Record<ChangeName, string>> = {
  pause: 'is to pause',
  resume: 'goes on',
  cancel: 'is to be cancelled',
  retry: 'is tried again',
  priority: 'has priority',
  limit: 'is limited to',
};

export const changedJobsText = (screen: Screen, name: ChangeName, tried: readonly Tried<JobRecord>[]): string =>
  valuesOf(tried)
    .map((job) => `${mark(screen, 'good')} ${job.id} ${job.label} ${outcomeOf(job, name)}`)
    .join('\n');

function outcomeOf(job: JobRecord, name: ChangeName): string {
  const { state, priority, wanted, limit_rate_bytes_per_second: limit } = job;
  if (name === 'priority') return `${SAID.priority} ${priority}`;
  if (name === 'limit') return limit === undefined ? 'has no limit of its own' : `${SAID.limit} ${formatBytes(limit)}/s`;
  return wanted === undefined && (name === 'pause' || name === 'cancel') ? statePhrase(state) : SAID[name];
}

export const addedJobsText = (screen: Screen, submitted: readonly Submitted[], runner: boolean): string =>
  [
    ...submitted.map(
      ({ job, isNew }) =>
        `${mark(screen, isNew ? 'good' : 'none')} ${job.id} ${job.label} ${isNew ? 'is queued' : `was there before: ${job.state}`}`,
    ),
    ...(runner ? [] : [NO_RUNNER]),
  ].join('\n');

export const endedJobsText = (screen: Screen, jobs: readonly JobRecord[]): string =>
  jobs.length === 0
    ? 'no job has ended here'
    : jobs
        .map(
          ({ id, label, state, error }) => `${mark(screen, VERDICTS[state])} ${id} ${label} ${state}${error ? `: ${error.message}` : ''}`,
        )
        .join('\n');
