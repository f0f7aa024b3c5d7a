/** Traces and metrics to a collector, by OpenTelemetry's own library. Loaded only where somebody has configured one. */
import { type Attributes, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { EventSink } from '../../domain/events.ts';
import type { MetricsReport } from '../../domain/metrics.ts';
import type { SamplerName } from '../../domain/telemetry.ts';
import { formatTraceparent } from '../../domain/trace-context.ts';
import type { Clock } from '../../domain/world.ts';
import { redactText } from '../../observability/redact-text.ts';
import { EventTracer } from '../../observability/tracing/event-tracer.ts';
import { remoteContext } from '../../observability/tracing/remote-context.ts';
import { CountedMetrics } from './counted-metrics.ts';
import { samplerOf } from './sampler.ts';
import { MetricExporter, TraceExporter } from './told-exporters.ts';

export interface OtlpTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface OtlpOptions {
  readonly traces?: OtlpTarget & { readonly sampler: SamplerName; readonly ratio: number };
  readonly metrics?: OtlpTarget & {
    readonly report: () => Promise<MetricsReport>;
    /** Of the store that they are of; undefined where there is none yet, and nothing was counted. */
    readonly instanceId: () => string | undefined;
    /** Absent: once, at the end, where anything was told of. */
    readonly everyMs?: number;
  };
  /** Of whoever sends. */
  readonly attributes: Attributes;
  readonly version: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Told once of what could not be sent. */
  readonly onTrouble: (message: string) => void;
}

export interface SpanOptions {
  readonly traceparent?: string | undefined;
  readonly kind?: 'server' | 'internal';
  readonly attributes: Attributes;
  readonly atMs?: number;
}

/** Of a command, or a request: what happens in it hangs under `traceparent`. */
export interface RootSpan {
  readonly traceparent: string;
  end(end?: RootEnd): void;
}

export interface RootEnd {
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** Where only the end tells what it was. */
  readonly name?: string;
  readonly attributes?: Attributes;
}

/** Longer than this nobody waits for a collector at the end. */
const EXIT_MS = 2000;
const NEVER_MS = 2 ** 31 - 1;
const QUEUED_SPANS = 8192;

export class Otlp {
  readonly #options: OtlpOptions;
  readonly #provider: TracerProvider | undefined;
  #meters: MeterProvider | undefined;
  readonly #tracer: Tracer | undefined;
  readonly #events: EventTracer | undefined;
  #isTold = false;
  #hasHeard = false;

  constructor(options: OtlpOptions) {
    this.#options = options;
    this.#provider = this.#tracing();
    this.#meters = options.metrics?.everyMs === undefined ? undefined : this.#metering(options.metrics);
    this.#tracer = this.#provider?.getTracer('wan-models', options.version);
    this.#events = this.#tracer && new EventTracer(this.#tracer);
  }

  readonly sink: EventSink = (event) => {
    this.#hasHeard = true;
    this.#events?.sink(event);
  };

  /** Undefined where no traces are kept. */
  span(name: string, { traceparent, kind = 'internal', attributes, atMs }: SpanOptions): RootSpan | undefined {
    const options = {
      kind: kind === 'server' ? SpanKind.SERVER : SpanKind.INTERNAL,
      attributes,
      ...(atMs !== undefined && { startTime: new Date(atMs) }),
    };
    const span = this.#tracer?.startSpan(name, options, remoteContext(traceparent) ?? ROOT_CONTEXT);
    return span && { traceparent: traceparentOf(span), end: (end = {}) => endRoot(span, end) };
  }

  /** All that is known is sent, or somebody is told that it was not. Never throws, and takes 2 s at most. */
  async close(): Promise<void> {
    const { clock, metrics } = this.#options;
    this.#events?.close(clock.now());
    if (this.#hasHeard && metrics !== undefined) this.#meters ??= this.#metering(metrics);
    const late = new AbortController();
    const sent = Promise.allSettled([this.#provider?.shutdown(), this.#meters?.shutdown()]).then(() => 'sent');
    const waited = clock.sleep(EXIT_MS, late.signal).then(
      () => 'late',
      () => 'sent',
    );
    if ((await Promise.race([sent, waited])) === 'late') this.#tell(`not all was sent within ${EXIT_MS / 1000} s`);
    late.abort();
  }

  #tracing(): TracerProvider | undefined {
    const { traces } = this.#options;
    if (traces === undefined) return undefined;
    const exporter = new TraceExporter({ ...traces, timeoutMs: this.#options.timeoutMs, onFailure: this.#failed('traces', traces.url) });
    return new TracerProvider({
      resource: resourceFromAttributes(this.#options.attributes),
      sampler: samplerOf(traces.sampler, traces.ratio),
      spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: QUEUED_SPANS, exportTimeoutMillis: this.#options.timeoutMs })],
    });
  }

  #metering(metrics: NonNullable<OtlpOptions['metrics']>): MeterProvider | undefined {
    const { version, timeoutMs, clock, attributes } = this.#options;
    const { report, everyMs = NEVER_MS, instanceId } = metrics;
    const storeId = instanceId();
    if (storeId === undefined) return undefined;
    const reader = new PeriodicExportingMetricReader({
      exporter: new MetricExporter({ ...metrics, timeoutMs, onFailure: this.#failed('metrics', metrics.url) }),
      exportIntervalMillis: everyMs,
      exportTimeoutMillis: Math.min(timeoutMs, everyMs),
      metricProducers: [new CountedMetrics({ report, version, nowMs: () => clock.now() })],
    });
    return new MeterProvider({ resource: resourceFromAttributes({ ...attributes, 'service.instance.id': storeId }), readers: [reader] });
  }

  #failed(what: string, url: string): (error: Error) => void {
    return ({ message }) => this.#tell(`${what} were not sent to ${url}: ${message}`);
  }

  #tell(message: string): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.onTrouble(redactText(message));
  }
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return formatTraceparent({ traceId, spanId, isSampled: (traceFlags & 1) === 1 });
}

function endRoot(span: Span, { error, name, attributes = {} }: RootEnd): void {
  if (name !== undefined) span.updateName(name);
  span.setAttributes(attributes);
  if (error !== undefined) {
    span.setAttribute('error.type', error.code);
    span.setStatus({ code: SpanStatusCode.ERROR, message: redactText(`${error.code}: ${error.message}`) });
  }
  span.end();
}
