/** Metrics in the text format of Prometheus, by its own client library. */
import { AggregatorRegistry, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Count, MetricsReport } from '../../domain/metrics.ts';
import { DURATION_BUCKETS, METRICS, type MetricFamily, OF_SERVICE } from './catalog.ts';

/** What `/metrics` answers with. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** Where it is not that of the metric: the parts of a histogram. */
  readonly metricName?: string;
}

export const prometheusText = (report: MetricsReport): Promise<string> =>
  AggregatorRegistry.aggregate([metricsOf([...report.counts, ...report.gauges])]).metrics();

/**
 * Of a process that is asked again and again: its memory, its event loop, its open files, and for how long no file system has answered it.
 * @returns the text, each time anew
 */
export function processMetrics(): (silentSeconds?: number) => Promise<string> {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const name = 'wan_service_unresponsive_seconds';
  const silence = new Gauge({ name, help: OF_SERVICE[name].help, registers: [register] });
  return (silentSeconds = 0) => {
    silence.set(silentSeconds);
    return register.metrics();
  };
}

function metricsOf(counts: readonly Count[]): object[] {
  const byMetric = Map.groupBy(counts, ({ metric }) => metric);
  return Object.entries(METRICS).map(([name, family]) =>
    metricOf(
      name,
      family,
      (byMetric.get(name) ?? []).flatMap((count) => samplesOf(name, family, count)),
    ),
  );
}

/** In the shape in which the library takes what other processes counted. */
const metricOf = (name: string, { help, type }: MetricFamily, values: readonly Sample[]): object => ({
  name,
  help,
  type,
  aggregator: 'sum',
  values,
});

function samplesOf(name: string, family: MetricFamily, { labels: texts, values }: Count): Sample[] {
  const labels = Object.fromEntries(family.labels.map((label, index) => [label, texts[index] ?? '']));
  const [value = 0] = values;
  return family.type === 'histogram' ? histogramSamples(name, labels, values) : [{ labels, value }];
}

/** On disk each observation is in one bucket; in the text each bucket holds those below it, too. */
function histogramSamples(name: string, labels: Labels, [count = 0, sum = 0, ...buckets]: readonly number[]): Sample[] {
  let below = 0;
  const upTo = DURATION_BUCKETS.map((bound, index): Sample => {
    below += buckets[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: below };
  });
  return [
    ...upTo,
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
