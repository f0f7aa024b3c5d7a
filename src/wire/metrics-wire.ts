import type { metricsData } from '../documents/metrics.ts';
import type { Count, MetricsReport } from '../domain/metrics.ts';
import { COUNTED, MEASURED, type MetricFamily } from '../observability/metrics/catalog.ts';
import type { Wire } from './wire.ts';

type Data = Wire<typeof metricsData>;
type Sample = Data['metrics'][number]['samples'][number];

export function metricsWire({ counts, storage }: MetricsReport, textfile?: string): Data {
  const byMetric = Map.groupBy(counts, ({ metric }) => metric);
  const counted = Object.entries<MetricFamily>(COUNTED).map(([name, family]) => ({
    ...{ name, type: family.type, help: family.help },
    samples: (byMetric.get(name) ?? []).map((count) => sampleOf(family, count)),
  }));
  const gauge = (name: keyof typeof MEASURED, measure: (of: MetricsReport['storage'][number]) => number) => ({
    ...{ name, type: 'gauge' as const, help: MEASURED[name].help },
    samples: storage.map((of): Sample => ({ labels: { model_family: of.family }, value: measure(of) })),
  });
  const measured = [gauge('model_storage_bytes_used', ({ bytes }) => bytes), gauge('model_storage_files_total', ({ files }) => files)];
  return { metrics: [...counted, ...measured], ...(textfile !== undefined && { textfile }) };
}

function sampleOf({ type, labels: names }: MetricFamily, { labels: texts, values }: Count): Sample {
  const labels = Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']));
  const [first = 0, sum = 0] = values;
  return type === 'histogram' ? { labels, count: first, sum } : { labels, value: first };
}
