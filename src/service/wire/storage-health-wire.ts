import type { DiskUsage } from '../../domain/disk-usage.ts';
import type { QuotaHealth, SourceHealth, StorageHealth } from '../../domain/health.ts';
import { stateWire } from '../../wire/tier-wire.ts';
import type { Wire } from '../../wire/wire.ts';
import type { storageHealth } from '../contract/health.ts';
import type { Asked } from './health-wire.ts';
import { toldError } from './told-errors.ts';

type StorageWire = Wire<typeof storageHealth>;

export const storageHealthWire = (
  { health, usage, quotas = [], tiers = [], sources = [], notLooked, errors }: StorageHealth,
  { correlationId, responseMs }: Asked,
): StorageWire => ({
  status: health,
  timestamp: new Date().toISOString(),
  root: usage?.root ?? null,
  disk: usage === undefined ? null : diskWire(usage),
  quotas: quotas.map(quotaWire),
  tiers: tiers.map(stateWire),
  backends: sources.map(backendWire),
  not_looked: notLooked,
  errors: errors.map(({ part, error }) => ({ part, error: toldError(error) })),
  response_time_ms: responseMs,
  correlation_id: correlationId,
});

const RECLAIMABLE: readonly string[] = ['trash', 'quarantine', 'orphan'];

function diskWire({ volume, total, classes }: DiskUsage): NonNullable<StorageWire['disk']> {
  const usedBytes = volume.totalBytes - volume.freeBytes;
  const reclaimable = classes.filter(({ byteClass }) => RECLAIMABLE.includes(byteClass));
  return {
    total_bytes: volume.totalBytes,
    used_bytes: usedBytes,
    free_bytes: volume.freeBytes,
    usage_percentage: volume.totalBytes === 0 ? 0 : Math.round((usedBytes / volume.totalBytes) * 1000) / 10,
    models_bytes: total.diskBytes,
    reclaimable_bytes: reclaimable.reduce((sum, { diskBytes }) => sum + diskBytes, 0),
  };
}

const quotaWire = ({ scope, family, quotaBytes, usedBytes }: QuotaHealth): StorageWire['quotas'][number] => ({
  scope,
  ...(family !== undefined && { family }),
  quota_bytes: quotaBytes,
  used_bytes: usedBytes,
});

const backendWire = ({ source, host, modelCount, error, failureCount }: SourceHealth): StorageWire['backends'][number] => ({
  source,
  scheme: source.slice(0, Math.max(0, source.indexOf(':'))),
  ...(host !== undefined && { host }),
  models: modelCount,
  available: error === undefined,
  failures: failureCount,
  ...(error && { error: toldError(error) }),
});
