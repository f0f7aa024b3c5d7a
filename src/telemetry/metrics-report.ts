/** What is exported: all that was counted, and what the models take now. Changes nothing on disk. */
import type { MetricsReport } from '../domain/metrics.ts';
import type { StoreContext } from '../store/context.ts';
import { readStoreId } from '../store/open-store.ts';
import { scanUsage } from '../store/usage-scan.ts';
import { usageBy } from '../store/usage-sums.ts';
import { readCounts } from './count-records.ts';

export async function metricsReport(store: StoreContext): Promise<MetricsReport> {
  if (readStoreId(store) === undefined) return { counts: [], storage: [] };
  const scan = await scanUsage(store);
  const families = usageBy(scan, ({ model }) => scan.models[model]?.family);
  return {
    counts: await readCounts(store),
    storage: families.map(({ name, diskBytes, fileCount }) => ({ family: name, bytes: diskBytes, files: fileCount })),
  };
}
