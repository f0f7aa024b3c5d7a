/** OpenTelemetry's own exporters, with an ear for what fails: nobody else would say it. */
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';

export interface ExporterOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of one batch, with all tries. */
  readonly timeoutMs: number;
  readonly onFailure: (error: Error) => void;
}

type Result = Parameters<Parameters<OTLPTraceExporter['export']>[1]>[0];

const configOf = ({ url, headers, timeoutMs }: ExporterOptions) => ({ url, headers: { ...headers }, timeoutMillis: timeoutMs });

const heard =
  (done: (result: Result) => void, onFailure: ExporterOptions['onFailure']) =>
  (result: Result): void => {
    if (result.error !== undefined) onFailure(result.error);
    done(result);
  };

export class TraceExporter extends OTLPTraceExporter {
  readonly #onFailure: ExporterOptions['onFailure'];

  constructor(options: ExporterOptions) {
    super(configOf(options));
    this.#onFailure = options.onFailure;
  }

  override export(...[spans, done]: Parameters<OTLPTraceExporter['export']>): void {
    super.export(spans, heard(done, this.#onFailure));
  }
}

export class MetricExporter extends OTLPMetricExporter {
  readonly #onFailure: ExporterOptions['onFailure'];

  constructor(options: ExporterOptions) {
    super(configOf(options));
    this.#onFailure = options.onFailure;
  }

  override export(...[metrics, done]: Parameters<OTLPMetricExporter['export']>): void {
    super.export(metrics, heard(done, this.#onFailure));
  }
}
