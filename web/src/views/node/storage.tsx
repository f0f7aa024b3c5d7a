import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { StorageHealth } from '../../api/wire.ts';
import { Facts } from '../../ui/facts.tsx';
import { Name } from '../../ui/name.tsx';
import { ProblemBox } from '../../ui/problem-box.tsx';
import { HealthMark } from './health-mark.tsx';

export const Storage = ({ health }: { readonly health: StorageHealth }) => (
  <div class="stack">
    <Facts
      facts={[
        ['health', <HealthMark key="health" health={health.status} />],
        [
          'root',
          health.root && (
            <span class="mono">
              <Name text={health.root} />
            </span>
          ),
        ],
        ...diskFacts(health.disk),
        ['not looked at', health.not_looked.join(', ')],
      ]}
    />
    {health.errors.map(({ part, error }) => (
      <ProblemBox key={part} problem={error} />
    ))}
    {health.quotas.map((quota) => (
      <Gauge
        key={quota.family ?? 'total'}
        name={quota.scope === 'total' ? 'Quota of all models' : `Quota of ${quota.family ?? ''}`}
        used={quota.used_bytes}
        total={quota.quota_bytes}
      />
    ))}
    <Tiers tiers={health.tiers} />
  </div>
);

const diskFacts = (disk: StorageHealth['disk']) =>
  disk === null
    ? []
    : ([
        ['models take', formatBytes(disk.models_bytes)],
        ['free', `${formatBytes(disk.free_bytes)} of ${formatBytes(disk.total_bytes)} (${disk.usage_percentage} % used)`],
        ['could go', formatBytes(disk.reclaimable_bytes)],
      ] as const);

const Gauge = ({ name, used, total }: { readonly name: string; readonly used: number; readonly total: number }) => (
  <div class="volume">
    <p>
      <Name text={name} />: {formatBytes(used)} of {formatBytes(total)}
    </p>
    <meter min={0} max={Math.max(1, total)} value={used} high={0.9 * total} aria-label={name} />
  </div>
);

function Tiers({ tiers }: { readonly tiers: StorageHealth['tiers'] }) {
  if (tiers.length === 0) return <p class="faint">No slower tiers are configured.</p>;
  return (
    <div class="stack">
      <h3>Tiers</h3>
      {tiers.map(({ name, place, problem, model_count, stored_bytes, free_bytes }) => (
        <div key={name}>
          <strong>{name}</strong>{' '}
          <span class="mono">
            <Name text={place} />
          </span>
          <p class={problem === undefined ? 'faint' : 'bad-text'}>
            {problem ??
              `${model_count} models, ${formatBytes(stored_bytes)} there${free_bytes === undefined ? '' : `, ${formatBytes(free_bytes)} free`}`}
          </p>
        </div>
      ))}
    </div>
  );
}
