/** Traces and metrics for a collector, as far as one is configured. */
import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import { asModelError } from '../domain/errors.ts';
import { newCorrelationId } from '../observability/correlation-id.ts';
import { openStore, readStoreId } from '../store/open-store.ts';
import type { Otlp, OtlpOptions } from '../telemetry/otlp/otlp.ts';
import { systemClock } from '../util/system-world.ts';
import { endpointOf, isOtlpWanted, type OtlpSignal } from './otlp-endpoint.ts';
import { configuredStore } from './store-context.ts';

export interface OpenOtlpOptions {
  readonly version: string;
  /** It stays, and sends metrics now and then; a command sends them once. */
  readonly isService: boolean;
  /** Told once of what could not be sent. */
  readonly onTrouble: (message: string) => void;
}

/** A command ends soon after its work. */
const COMMAND_TIMEOUT_MS = 2000;

/** Undefined where nothing is to be sent. */
export async function openOtlp(config: Config, options: OpenOtlpOptions): Promise<Otlp | undefined> {
  if (!isOtlpWanted(config)) return undefined;
  if (config.otlpProtocol === 'grpc') {
    options.onTrouble('otlp_protocol (OTEL_EXPORTER_OTLP_PROTOCOL) is grpc, and only http/json is spoken: no traces and metrics are sent');
    return undefined;
  }
  const { Otlp } = await import('../telemetry/otlp/otlp.ts');
  return new Otlp(await otlpOptions(config, options));
}

async function otlpOptions(config: Config, options: OpenOtlpOptions): Promise<OtlpOptions> {
  const { version, isService, onTrouble } = options;
  const tracesUrl = endpointOf(config, 'traces');
  const metricsUrl = endpointOf(config, 'metrics');
  const metrics = metricsUrl === undefined ? undefined : await metricsOptions(config, metricsUrl, options);
  const { tracesSampler: sampler, tracesSamplerRatio: ratio } = config;
  return {
    ...(tracesUrl !== undefined && { traces: { url: tracesUrl, headers: headersOf(config, 'traces'), sampler, ratio } }),
    ...(metrics && { metrics }),
    attributes: resourceOf(config, version),
    version,
    timeoutMs: isService ? config.otlpTimeoutMs : Math.min(config.otlpTimeoutMs, COMMAND_TIMEOUT_MS),
    clock: systemClock,
    onTrouble,
  };
}

/** Of the store, whichever process sends them. A command leaves out what only a look at every file can tell. */
async function metricsOptions(config: Config, url: string, { isService, onTrouble }: OpenOtlpOptions): Promise<OtlpOptions['metrics']> {
  if (config.modelsRoot === undefined) return undefined;
  const { metricsReport, rememberedStorage } = await import('../telemetry/metrics-report.ts');
  const store = configuredStore(config);
  const target = { url, headers: headersOf(config, 'metrics') };
  if (!isService) return { ...target, report: () => metricsReport(store, async () => []), instanceId: () => readStoreId(store) };
  try {
    const storeId = await openStore(store);
    const storageOf = rememberedStorage(config.metricExportIntervalMs);
    return { ...target, report: () => metricsReport(store, storageOf), instanceId: () => storeId, everyMs: config.metricExportIntervalMs };
  } catch (error) {
    onTrouble(`no metrics are sent: ${asModelError(error).message}`);
    return undefined;
  }
}

/** `name=value` each, values percent-encoded; those of the signal go before those of both. */
function headersOf({ secrets }: Config, signal: OtlpSignal): Readonly<Record<string, string>> {
  const { OTEL_EXPORTER_OTLP_HEADERS: both } = secrets;
  const own = signal === 'traces' ? secrets.OTEL_EXPORTER_OTLP_TRACES_HEADERS : secrets.OTEL_EXPORTER_OTLP_METRICS_HEADERS;
  return { ...pairsOf(both?.reveal().split(',')), ...pairsOf(own?.reveal().split(',')) };
}

function resourceOf({ otelServiceName, otelResourceAttributes }: Config, version: string): Readonly<Record<string, string>> {
  return {
    'service.version': version,
    'service.instance.id': newCorrelationId(),
    'host.name': hostname(),
    'process.pid': String(process.pid),
    ...pairsOf(otelResourceAttributes),
    'service.name': otelServiceName,
  };
}

function pairsOf(texts: readonly string[] = []): Record<string, string> {
  const pairs = texts.map((text) => /^\s*([^=\s]+)\s*=(.*)$/s.exec(text)).filter((pair) => pair !== null);
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, decoded(value.trim())]));
}

/** As it stands, where it is no percent-encoding. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
