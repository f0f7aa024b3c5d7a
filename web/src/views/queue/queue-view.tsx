import { useSignal } from '@preact/signals';
import type { Job, JobList } from '../../api/wire.ts';
import { isLive } from '../../state/connection.ts';
import { jobs } from '../../state/live-jobs.ts';
import { useAnswer } from '../../state/resource.ts';
import { may } from '../../state/session.ts';
import { type Chip, Chips } from '../../ui/chips.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { type Opened, Unfold } from '../../ui/unfold.tsx';
import { Words } from '../../ui/words.tsx';
import { JobButtons } from './job-buttons.tsx';
import { JobDetails } from './job-details.tsx';
import { JobPriority } from './job-priority.tsx';
import { doneWords, leftWords, speedWords, stateWords, VERDICTS } from './job-text.ts';
import { chooseJobs, isOver, orderJobs, SHOWN, type Shown } from './order-jobs.ts';

const RUNNER_LOOK_MS = 10_000;
const PAGE = 50;

const CHOICES: Readonly<Record<Shown, string>> = { all: 'all', active: 'under way', failed: 'failed', ended: 'ended' };

const chipOf = (value: Shown, count: number): Chip<Shown> => ({
  ...{ value, head: count, text: CHOICES[value] },
  tone: value === 'failed' && count > 0 ? 'error' : undefined,
});

export function QueueView() {
  const shown = useSignal<Shown>('all');
  const open = useSignal<ReadonlySet<string>>(new Set());
  const all = jobs.value;
  const rows = chooseJobs(orderJobs(all), shown.value);
  return (
    <>
      <h1>Queue</h1>
      <RunnerNote />
      <Chips
        label="Jobs shown"
        class="room-below"
        chips={SHOWN.map((one) => chipOf(one, chooseJobs(all, one).length))}
        chosen={shown.value}
        onPick={(one) => (shown.value = one)}
      />
      {rows.length === 0 ? (
        <NoJobs isAny={all.length > 0} />
      ) : (
        <DataTable
          caption="jobs"
          columns={columnsFor(open)}
          rows={rows}
          keyOf={({ id }) => id}
          pageSize={PAGE}
          chosenBy={shown.value}
          more={(job) => (open.value.has(job.id) ? <JobDetails job={job} /> : undefined)}
        />
      )}
    </>
  );
}

const columnsFor = (open: Opened): readonly Column<Job>[] => [
  { title: 'Job', isHead: true, cell: (job) => <JobName job={job} open={open} /> },
  { title: 'State', isPlain: true, cell: (job) => <Mark verdict={VERDICTS[job.state]} text={stateWords(job)} /> },
  { title: 'Done', isPlain: true, cell: (job) => (job.total_bytes === 0 && job.phase === undefined ? null : <Done job={job} />) },
  { title: 'Speed', align: 'end', cell: speedWords },
  { title: 'Left', align: 'end', cell: leftWords },
  { title: 'When', isPlain: true, isTight: true, cell: (job) => <When job={job} /> },
  { title: 'Priority', cell: (job) => (isOver(job) ? null : <JobPriority job={job} />) },
  ...(may('write') ? [{ title: 'Actions', isPlain: true, cell: (job: Job) => <JobButtons job={job} /> }] : []),
];

const JobName = ({ job, open }: { readonly job: Job; readonly open: Opened }) => (
  <>
    <Unfold text={job.label} id={job.id} open={open} />
    <span class="about mono">{job.id}</span>
    {!open.value.has(job.id) && job.error !== undefined && job.state !== 'succeeded' && (
      <span class="about bad-text">
        <Words text={job.error.message} />
      </span>
    )}
  </>
);

function Done({ job }: { readonly job: Job }) {
  const { done_bytes: done, total_bytes: total, label, phase, state } = job;
  if (total === 0) return <span class="faint">{phase}</span>;
  return (
    <>
      <span class="faint amount">
        {doneWords(job)}
        {phase !== undefined && `, ${phase}`}
      </span>
      {!isOver(job) && (
        <ProgressBar done={done} total={total} label={`done of ${label}`} kind={state === 'running' ? 'running' : 'still'} />
      )}
    </>
  );
}

const When = ({ job: { created_at: queued, finished_at: ended } }: { readonly job: Job }) => (
  <span class="faint">
    {ended === undefined ? 'queued ' : 'ended '}
    <Moment iso={ended ?? queued} />
  </span>
);

function NoJobs({ isAny }: { readonly isAny: boolean }) {
  if (isAny) return <Empty title="No job is like that" />;
  if (!isLive.value) return <Empty title="Asking for the jobs…" />;
  return (
    <Empty title="Nothing is queued, and nothing has run">
      <p>
        Open a model and ensure it, or queue one with <code>wan models jobs add ensure REF</code>: it is shown here while it runs, whoever
        began it.
      </p>
    </Empty>
  );
}

/** Jobs that nobody runs wait for ever: that must be seen. */
function RunnerNote() {
  const list = useAnswer<JobList>('/jobs?limit=1', RUNNER_LOOK_MS).value;
  const isWaiting = jobs.value.some(({ state }) => state === 'queued' || state === 'running');
  if (list === undefined || list.runner || !isWaiting) return null;
  return (
    <p class="problem" role="status">
      Nothing runs jobs here now: start <code>wan models jobs run</code>, or the service anew.
    </p>
  );
}
