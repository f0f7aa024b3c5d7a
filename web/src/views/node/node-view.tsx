import { formatDuration } from '../../../../src/util/format-duration.ts';
import type { JobList, ServiceHealth, Statistics, StorageHealth } from '../../api/wire.ts';
import { useAnswer } from '../../state/resource.ts';
import { may } from '../../state/session.ts';
import { Facts } from '../../ui/facts.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Backends } from './backends.tsx';
import { Counts } from './counts.tsx';
import { HealthMark } from './health-mark.tsx';
import { Storage } from './storage.tsx';
import { Webhooks } from './webhooks.tsx';

const LOOK_MS = 5000;
const RARE_MS = 15_000;

export function NodeView() {
  const service = useAnswer<ServiceHealth>('/health', LOOK_MS);
  const storage = useAnswer<StorageHealth>('/health/storage', RARE_MS);
  const counts = useAnswer<Statistics>('/models/statistics', RARE_MS);
  const queue = useAnswer<JobList>('/jobs?limit=1', RARE_MS);
  return (
    <>
      <h1>Node</h1>
      <div class="cards pairs">
        <section class="card">
          <h2>Service</h2>
          <Loaded of={service}>{(health) => <ServiceFacts health={health} runner={queue.value?.runner} />}</Loaded>
        </section>
        <section class="card">
          <h2>Storage</h2>
          <Loaded of={storage}>{(health) => <Storage health={health} />}</Loaded>
        </section>
        <section class="card">
          <h2>Models</h2>
          <Loaded of={counts}>{(statistics) => <Counts statistics={statistics} />}</Loaded>
        </section>
        <section class="card">
          <h2>Scheduled</h2>
          <Loaded of={queue}>{({ schedules }) => <Schedules schedules={schedules} />}</Loaded>
        </section>
      </div>
      <Loaded of={storage}>{({ backends }) => <Backends backends={backends} />}</Loaded>
      {may('admin') && <Webhooks />}
    </>
  );
}

const ServiceFacts = ({ health, runner }: { readonly health: ServiceHealth; readonly runner: boolean | undefined }) => (
  <Facts
    facts={[
      ['health', <HealthMark key="health" health={health.status} />],
      ['why', health.error_code && <>the manifest cannot be read: {health.error_code}</>],
      ['version', health.version],
      ['up for', formatDuration(1000 * health.uptime_seconds)],
      ['runs jobs', runner === undefined ? undefined : runner ? 'yes' : 'nobody does'],
      ['models', String(health.total_models)],
      ['metrics', <code key="metrics">/metrics</code>],
      [
        'API',
        <a key="api" href="/reference">
          reference
        </a>,
      ],
    ]}
  />
);

function Schedules({ schedules }: { readonly schedules: JobList['schedules'] }) {
  if (schedules.length === 0)
    return (
      <p class="faint">
        Nothing is scheduled: <code>scrub_schedule</code> and <code>gc_schedule</code> in <code>wan.toml</code> see to it.
      </p>
    );
  return (
    <Facts
      facts={schedules.map(
        ({ name, times, next_at }) =>
          [
            name,
            <>
              <code>{times}</code>, next <Moment iso={next_at} />
            </>,
          ] as const,
      )}
    />
  );
}
