import type { metricsData } from '../documents/metrics.ts';
import type { Count, MetricsReport } from '../domain/metrics.ts';
import { METRICS, type MetricFamily } from '../observability/metrics/catalog.ts';
import type { Wire } from './wire.ts';

type Data = Wire<typeof metricsData>;
type Sample = Data['metrics'][number]['samples'][number];

export function metricsWire({ counts, gauges }: MetricsReport, textfile?: string): Data {
  const byMetric = Map.groupBy([...counts, ...gauges], ({ metric }) => metric);
  const metrics = Object.entries(METRICS).map(([name, family]) => ({
    ...{ name, type: family.type, help: family.help },
    samples: (byMetric.get(name) ?? []).map((count) => sampleOf(family, count)),
  }));
  return { metrics, ...(textfile !== undefined && { textfile }) };
}

function sampleOf({ type, labels: names }: MetricFamily, { labels: texts, values }: Count): Sample {
  const labels = Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']));
  const [first = 0, sum = 0] = values;
  return type === 'histogram' ? { labels, count: first, sum } : { labels, value: first };
}
