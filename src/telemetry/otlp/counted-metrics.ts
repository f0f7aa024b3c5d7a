/** What was counted, as OpenTelemetry has it: the names, labels and numbers of `/metrics`. Pure, but for the clock. */
import { type HrTime, ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { Count, MetricsReport } from '../../domain/metrics.ts';
import { DURATION_BUCKETS, METRICS, type MetricFamily } from '../../observability/metrics/catalog.ts';

export interface CountedMetricsOptions {
  readonly report: () => Promise<MetricsReport>;
  readonly version: string;
  readonly nowMs: () => number;
}

/** Since when a store counts nobody knows: OTLP writes that as 0. */
const UNKNOWN_START: HrTime = [0, 0];

export class CountedMetrics implements MetricProducer {
  readonly #options: CountedMetricsOptions;

  constructor(options: CountedMetricsOptions) {
    this.#options = options;
  }

  async collect(): Promise<CollectionResult> {
    const { report, version, nowMs } = this.#options;
    const { counts, gauges } = await report();
    const metrics = metricsOf([...counts, ...gauges], hrTime(nowMs()));
    const scopeMetrics = [{ scope: { name: 'wan-models', version }, metrics }];
    return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
  }
}

function metricsOf(counts: readonly Count[], now: HrTime): MetricData[] {
  const byMetric = Map.groupBy(counts, ({ metric }) => metric);
  return Object.entries(METRICS).flatMap(([name, family]) => {
    const found = byMetric.get(name) ?? [];
    return found.length === 0 ? [] : [metricOf(name, family, found, now)];
  });
}

function metricOf(name: string, family: MetricFamily, counts: readonly Count[], now: HrTime): MetricData {
  const base = {
    descriptor: { name, description: family.help, unit: unitOf(name), valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const point = <T>(count: Count, value: T) => ({ startTime: UNKNOWN_START, endTime: now, attributes: attributesOf(family, count), value });
  switch (family.type) {
    case 'counter':
      return {
        ...base,
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        dataPoints: counts.map((one) => point(one, one.values[0] ?? 0)),
      };
    case 'gauge':
      return { ...base, dataPointType: DataPointType.GAUGE, dataPoints: counts.map((one) => point(one, one.values[0] ?? 0)) };
    case 'histogram':
      return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints: counts.map((one) => point(one, histogramOf(one))) };
  }
}

/** What lies beyond the last bound has a bucket of its own. */
function histogramOf({ values: [count = 0, sum = 0, ...within] }: Count) {
  const inBounds = DURATION_BUCKETS.map((_, index) => within[index] ?? 0);
  const beyond = count - inBounds.reduce((total, one) => total + one, 0);
  return { buckets: { boundaries: [...DURATION_BUCKETS], counts: [...inBounds, beyond] }, count, sum };
}

const attributesOf = ({ labels }: MetricFamily, { labels: texts }: Count): Record<string, string> =>
  Object.fromEntries(labels.map((label, index) => [label, texts[index] ?? '']));

/** In UCUM, as OpenTelemetry wants it. */
const unitOf = (name: string): string => (name.includes('bytes') ? 'By' : name.includes('seconds') ? 's' : '1');

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
