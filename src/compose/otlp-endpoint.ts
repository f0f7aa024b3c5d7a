/** Where traces and metrics go: all that a command without a collector loads of sending them. */
import type { Config } from '../config/config.ts';

export type OtlpSignal = 'traces' | 'metrics';

export const isOtlpWanted = (config: Config): boolean =>
  config.otelEnabled && (endpointOf(config, 'traces') !== undefined || endpointOf(config, 'metrics') !== undefined);

/** Undefined where the signal goes nowhere. */
export function endpointOf(config: Config, signal: OtlpSignal): string | undefined {
  if ((signal === 'traces' ? config.tracesExporter : config.metricsExporter) === 'none') return undefined;
  const own = signal === 'traces' ? config.otlpTracesEndpoint : config.otlpMetricsEndpoint;
  return own ?? (config.otlpEndpoint && `${config.otlpEndpoint}/v1/${signal}`);
}
