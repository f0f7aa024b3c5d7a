/** What is exported: all that was counted, and what is so now. Changes nothing on disk. */
import type { Count, MetricsReport } from '../domain/metrics.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { MeasuredMetric } from '../observability/metrics/catalog.ts';
import type { StoreContext } from '../store/context.ts';
import { readStoreId } from '../store/open-store.ts';
import { familyOf } from '../store/scan-store.ts';
import { readSmokeNote } from '../store/smoke-notes.ts';
import { listSnapshots, lookAtSnapshot } from '../store/snapshots.ts';
import { scanUsage } from '../store/usage-scan.ts';
import { usageBy } from '../store/usage-sums.ts';
import { readCounts } from './count-records.ts';

export async function metricsReport(store: StoreContext): Promise<MetricsReport> {
  if (readStoreId(store) === undefined) return { counts: [], gauges: [] };
  return { counts: await readCounts(store), gauges: [...(await storageNow(store)), ...smokeNow(store)] };
}

async function storageNow(store: StoreContext): Promise<Count[]> {
  const scan = await scanUsage(store);
  const families = usageBy(scan, ({ model }) => scan.models[model]?.family);
  return families.flatMap(({ name, diskBytes, fileCount }) => [
    gauge('model_storage_bytes_used', [name], diskBytes),
    gauge('model_storage_files_total', [name], fileCount),
  ]);
}

/** Of the models that are here as they were tested. */
function smokeNow(store: StoreContext): Count[] {
  return listSnapshots(store).flatMap((directory) => {
    const record = lookAtSnapshot(store, directory);
    const note = typeof record === 'string' ? undefined : readSmokeNote(store, familyOf(store, directory), record);
    if (typeof record === 'string' || note === undefined || note.verdict === 'unknown') return [];
    const labels = [formatRef(record.ref), record.variant, note.device];
    return [
      gauge('model_smoke_passed', labels, note.verdict === 'passed' ? 1 : 0),
      gauge('model_smoke_timestamp_seconds', labels, Date.parse(note.at) / 1000),
    ];
  });
}

const gauge = (metric: MeasuredMetric, labels: readonly string[], value: number): Count => ({ metric, labels, values: [value] });
