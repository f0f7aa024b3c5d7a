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

/** @param storageOf where the caller knows better how old the answer may be */
export async function metricsReport(store: StoreContext, storageOf = storageNow): Promise<MetricsReport> {
  if (readStoreId(store) === undefined) return { counts: [], gauges: [] };
  return { counts: await readCounts(store), gauges: [...(await storageOf(store)), ...smokeNow(store)] };
}

/** Looks at every file under the root. */
async function storageNow(store: StoreContext): Promise<readonly Count[]> {
  const scan = await scanUsage(store);
  const families = usageBy(scan, ({ model }) => scan.models[model]?.family);
  return families.flatMap(({ name, diskBytes, fileCount }) => [
    gauge('model_storage_bytes_used', [name], diskBytes),
    gauge('model_storage_files_total', [name], fileCount),
  ]);
}

/** The same for as long as it is young enough: of many askers one looks. */
export function rememberedStorage(maxAgeMs: number): typeof storageNow {
  let last: { readonly atMs: number; readonly storage: Promise<readonly Count[]> } | undefined;
  return (store) => {
    const nowMs = store.clock.monotonic();
    if (last !== undefined && nowMs - last.atMs < maxAgeMs) return last.storage;
    const storage = storageNow(store);
    last = { atMs: nowMs, storage };
    storage.catch(() => {
      last = undefined;
    });
    return storage;
  };
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
