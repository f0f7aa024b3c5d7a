import { JOB_ACTIONS, JOB_STATES } from '../../domain/jobs.ts';
import { actOf } from '../act-of.ts';
import type { Command } from '../command.ts';
import { PROGRESS_OPTION, SELECTION_OPTIONS } from '../common-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';

const TITLE = 'wan models jobs';

export const jobs: Command = {
  summary: 'Queue work that outlives the command: see it, add to it, steer it',
  description:
    '`list` (or nothing) shows the queue, `show` one job; `add` queues work; `pause`, `resume`, `cancel`, `retry`, `priority` and `limit` steer it, also while it runs; `run` works through the queue here. One process of a root runs its jobs, `wan serve` or `wan models jobs run`; what is asked reaches it within a second. Of an id the first digits do. Jobs survive a restart and go on with every piece that was held: docs/jobs.md.',
  schema: 'wan.models.jobs/v1',
  operands: {
    name: 'ACTION',
    min: 0,
    max: Number.POSITIVE_INFINITY,
    actions: {
      list: 'nothing',
      show: 'job',
      add: 'ref',
      run: 'nothing',
      pause: 'job',
      resume: 'job',
      cancel: 'job',
      retry: 'job',
      priority: 'job',
      limit: 'job',
    },
    forms: [
      '[list] [--state STATE]',
      'show JOB',
      'add ensure|verify|repair REF…',
      'add gc|scrub|lock',
      'run [--drain]',
      'pause|resume|cancel|retry JOB…',
      'priority low|normal|high|N JOB…',
      'limit RATE|off JOB…',
    ],
  },
  options: [
    { name: 'state', value: 'STATE', repeats: true, commas: true, choices: JOB_STATES, summary: 'list: only jobs in this state' },
    { name: 'priority', value: 'N', summary: 'add: low, normal, high, or a number; higher ones run first' },
    { name: 'key', value: 'TEXT', summary: 'add: the same key again is the same job (as Idempotency-Key over HTTP)' },
    { name: 'limit-rate', value: 'SIZE', summary: 'add: at most this many bytes a second for this job' },
    ...SELECTION_OPTIONS.map((option) => ({ ...option, summary: `add: ${option.summary}` })),
    { name: 'force', summary: 'add ensure: fetch again even what is here and proven' },
    { name: 'deep', summary: 'add verify: hash whole files, and read the headers of weights' },
    { name: 'older-than', value: 'TIME', summary: 'add gc: models not used for so long' },
    { name: 'max-size', value: 'SIZE', summary: 'add gc: until the models take no more than this' },
    { name: 'free', value: 'SIZE', summary: 'add gc: until so much of the volume is free' },
    { name: 'max-age', value: 'TIME', summary: 'add scrub: only blobs that nobody has read for so long' },
    { name: 'drain', summary: 'run: end when nothing is left to do' },
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models jobs', what: 'what runs, what waits, what has ended' },
    { command: 'wan models jobs add ensure t2v-A14B@2.2.0 i2v-A14B@2.2.0 --priority low', what: 'for whoever runs jobs here' },
    { command: 'wan models jobs limit 20M 7f3a', what: 'slower from now on, by the first digits of its id' },
    { command: 'wan models jobs run --drain', what: 'work through the queue without a service' },
  ],
  exitStatuses: [3, 4, 6, 7, 9, 130, 143],
  run: (session, args) => actOf(args, { title: TITLE, acts: ACTIONS, own: OWN_OPTIONS, otherwise: 'list' })(session, args),
};

type Action = (session: Session, args: ParsedArgs) => Promise<Report>;

const change: Action = async (session, args) => (await import('../jobs/change-jobs.ts')).changeJobs(session, args);

const ACTIONS: Readonly<Record<string, Action>> = {
  list: async (session, args) => (await import('../jobs/list-jobs.ts')).listJobs(session, args),
  show: async (session, args) => (await import('../jobs/show-job.ts')).showJob(session, args),
  add: async (session, args) => (await import('../jobs/add-jobs.ts')).addJobs(session, args),
  run: async (session, args) => (await import('../jobs/run-jobs.ts')).runJobs(session, args),
  ...Object.fromEntries([...JOB_ACTIONS, 'priority', 'limit'].map((name) => [name, change])),
};

/** What each of them takes besides what all take. */
const OWN_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  list: ['state'],
  add: [
    ...['priority', 'key', 'limit-rate', 'force', 'deep', 'older-than', 'max-size', 'free', 'max-age'],
    ...SELECTION_OPTIONS.map(({ name }) => name),
  ],
  run: ['drain', 'progress'],
};
