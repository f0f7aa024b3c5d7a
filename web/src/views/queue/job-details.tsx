import { formatBytes } from '../../../../src/util/format-bytes.ts';
import { formatDuration } from '../../../../src/util/format-duration.ts';
import type { Explanation, Job } from '../../api/wire.ts';
import { useAnswer } from '../../state/resource.ts';
import { hrefOf } from '../../state/route.ts';
import { Facts } from '../../ui/facts.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Name } from '../../ui/name.tsx';
import { ProblemBox } from '../../ui/problem-box.tsx';
import { resultWords } from './job-text.ts';

const LOOK_MS = 3000;

/** All that is on record of a job, and why it took as long as it did. */
export function JobDetails({ job }: { readonly job: Job }) {
  const { model, error, origin, limit_rate_bytes_per_second: limit, retry_at: retryAt } = job;
  return (
    <div class="cards details">
      <div class="stack">
        {error !== undefined && <ProblemBox problem={error} />}
        <Facts
          facts={[
            ['model', model === undefined ? undefined : <ModelLink key="model" model={model} />],
            ['queued', <Moment key="queued" iso={job.created_at} isFull />],
            ['by', origin],
            ['begun', job.attempts === 0 ? 'not yet' : `${job.attempts} ${job.attempts === 1 ? 'time' : 'times'}`],
            ['ended', job.finished_at === undefined ? undefined : <Moment key="ended" iso={job.finished_at} isFull />],
            ['tried again', retryAt === undefined ? undefined : <Moment key="again" iso={retryAt} />],
            ['own limit', limit === undefined ? undefined : `${formatBytes(limit)}/s`],
            ...resultWords(job.result),
            [
              'correlation id',
              <span key="id" class="mono">
                {job.correlation_id}
              </span>,
            ],
          ]}
        />
      </div>
      {job.attempts > 0 && <Why job={job} />}
    </div>
  );
}

const ModelLink = ({ model }: { readonly model: string }) => (
  <a href={hrefOf({ view: 'models', id: model })}>
    <Name text={model} />
  </a>
);

function Why({ job }: { readonly job: Job }) {
  const explanation = useAnswer<Explanation>(`/jobs/${job.id}/explain`, LOOK_MS);
  return (
    <div class="stack">
      <h2>Where the time went</h2>
      <Loaded of={explanation}>
        {({ findings, worked_ms: worked }) => (
          <>
            <p class="faint">{formatDuration(worked)} at work</p>
            <ul>
              {findings.map(({ text }) => (
                <li key={text}>
                  <Name text={text} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
    </div>
  );
}
