import type { Job } from '../../api/wire.ts';
import { jobsOf } from '../../state/live-jobs.ts';
import { may } from '../../state/session.ts';
import { ErrorWords } from '../../ui/error-words.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { JobButtons } from '../queue/job-buttons.tsx';
import { doneWords, leftWords, resultWords, speedWords, stateWords, VERDICTS } from '../queue/job-text.ts';
import { isOver } from '../queue/order-jobs.ts';

const MOST = 3;

/** What is being done with it, and what was done last: how its last verification came out, too. */
export function ModelJobs({ modelRef }: { readonly modelRef: string }) {
  const shown = jobsOf(modelRef).slice(0, MOST);
  if (shown.length === 0) return null;
  return (
    <section class="card stack" aria-label="Jobs of this model">
      {shown.map((job) => (
        <div key={job.id} class="job-line">
          <Mark verdict={VERDICTS[job.state]} text={`${job.kind} ${stateWords(job)}`} />
          {isOver(job) ? <Ended job={job} /> : <Going job={job} />}
          {may('write') && <JobButtons job={job} />}
        </div>
      ))}
    </section>
  );
}

function Going({ job }: { readonly job: Job }) {
  const words = [doneWords(job), speedWords(job), leftWords(job) && `${leftWords(job)} left`, job.phase ?? ''];
  return (
    <div class="grow">
      <span class="faint">{words.filter(Boolean).join(', ')}</span>
      {job.total_bytes > 0 && (
        <ProgressBar
          done={job.done_bytes}
          total={job.total_bytes}
          label={`done of ${job.label}`}
          kind={job.state === 'running' ? 'running' : 'still'}
        />
      )}
    </div>
  );
}

function Ended({ job }: { readonly job: Job }) {
  const facts = resultWords(job.result).filter(([name]) => name !== 'path');
  return (
    <div class="grow">
      <Moment iso={job.finished_at} /> <span class="faint">{facts.map(([name, value]) => `${name} ${value}`).join(', ')}</span>
      {job.error !== undefined && job.state !== 'succeeded' && (
        <p class="bad-text">
          <ErrorWords error={job.error} />
        </p>
      )}
    </div>
  );
}
