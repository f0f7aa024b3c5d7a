/** What is exported: all that was counted, and what the models take now. Changes nothing on disk. */
import type { FamilyStorage, MetricsReport } from '../domain/metrics.ts';
import type { StoreContext } from '../store/context.ts';
import { readStoreId } from '../store/open-store.ts';
import { scanUsage } from '../store/usage-scan.ts';
import { usageBy } from '../store/usage-sums.ts';
import { readCounts } from './count-records.ts';

/** @param storageOf where the caller knows better how old the answer may be */
export async function metricsReport(store: StoreContext, storageOf = familyStorage): Promise<MetricsReport> {
  if (readStoreId(store) === undefined) return { counts: [], storage: [] };
  return { counts: await readCounts(store), storage: await storageOf(store) };
}

/** Looks at every file under the root. */
export async function familyStorage(store: StoreContext): Promise<readonly FamilyStorage[]> {
  const scan = await scanUsage(store);
  const families = usageBy(scan, ({ model }) => scan.models[model]?.family);
  return families.map(({ name, diskBytes, fileCount }) => ({ family: name, bytes: diskBytes, files: fileCount }));
}

/** The same for as long as it is young enough: of many askers one looks. */
export function rememberedStorage(maxAgeMs: number): typeof familyStorage {
  let last: { readonly atMs: number; readonly storage: Promise<readonly FamilyStorage[]> } | undefined;
  return (store) => {
    const nowMs = store.clock.monotonic();
    if (last !== undefined && nowMs - last.atMs < maxAgeMs) return last.storage;
    const storage = familyStorage(store);
    last = { atMs: nowMs, storage };
    storage.catch(() => {
      last = undefined;
    });
    return storage;
  };
}
