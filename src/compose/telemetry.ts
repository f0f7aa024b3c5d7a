/** Counters and audit log for whoever shows them, or acts beside the orchestrator. None of it needs a manifest. */
import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import type { AuditedAct, CallActor, Facts } from '../domain/acts.ts';
import type { AuditLine, AuditVerdict } from '../domain/audit.ts';
import { ModelError } from '../domain/errors.ts';
import type { MetricsReport } from '../domain/metrics.ts';
import { newCorrelationId } from '../observability/correlation-id.ts';
import { redactValue } from '../observability/redact-value.ts';
import { readStoreId } from '../store/open-store.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { VerifyAuditOptions } from '../telemetry/audit/verify-audit.ts';
import { newestStoreEvent, storeEventsSince } from '../telemetry/store-events/store-event-records.ts';
import { systemClock } from '../util/system-world.ts';
import { openAuditLog } from './recording.ts';
import { configuredStore } from './store-context.ts';

/** All that was counted under MODELS_ROOT, and what the models there take. Changes nothing on disk. */
export async function metricsOf(config: Config): Promise<MetricsReport> {
  const { metricsReport } = await import('../telemetry/metrics-report.ts');
  return metricsReport(configuredStore(config));
}

/** What a service answers `/metrics` with. */
export interface MetricsExposition {
  readonly contentType: string;
  /** All of {@link metricsOf}, and what the process itself takes. */
  text(): Promise<string>;
}

export interface StandInExposition {
  readonly contentType: string;
  /** @param silentSeconds for how long no file system has answered */
  text(silentSeconds: number): Promise<string>;
}

/** What is left to tell where no file can be read: what the process itself takes. Call once a process. */
export async function standInExposition(): Promise<StandInExposition> {
  const { METRICS_CONTENT_TYPE, processMetrics } = await import('../observability/metrics/prometheus-text.ts');
  return { contentType: METRICS_CONTENT_TYPE, text: processMetrics() };
}

/** To look at every file of a large store takes a while, in which the process does nothing else. */
const STORAGE_MAX_AGE_MS = 60_000;

/** Call once a process: its own metrics are gathered from then on. Counters are always of now, the gauges of storage a minute old at most. */
export async function createExposition(config: Config): Promise<MetricsExposition> {
  const { METRICS_CONTENT_TYPE, processMetrics, prometheusText } = await import('../observability/metrics/prometheus-text.ts');
  const { metricsReport, rememberedStorage } = await import('../telemetry/metrics-report.ts');
  const store = configuredStore(config);
  const storageOf = rememberedStorage(STORAGE_MAX_AGE_MS);
  const ofProcess = processMetrics();
  return {
    contentType: METRICS_CONTENT_TYPE,
    text: async () => `${await prometheusText(await metricsReport(store, storageOf))}\n${await ofProcess()}`,
  };
}

/** For node_exporter's textfile collector: the file is whole at each moment. @throws ModelError of the file system */
export async function writeMetrics(config: Config, path: string): Promise<MetricsReport> {
  const report = await metricsOf(config);
  const { prometheusText } = await import('../observability/metrics/prometheus-text.ts');
  const { writeBeside } = await import('../store/write-beside.ts');
  const text = await prometheusText(report);
  await writeBeside(path, { write: (handle) => handle.writeFile(text), mode: 0o644 });
  return report;
}

/** What happened to the models under MODELS_ROOT, as far as it is still on record. Changes nothing on disk. */
export function storeEventsOf(config: Config) {
  const store = configuredStore(config);
  return { newest: () => newestStoreEvent(store), since: (seq: number) => storeEventsSince(store, seq) };
}

export interface AuditReader {
  /** Absolute. */
  readonly directory: string;
  /** Oldest first; what is no line is left out. */
  lines(): Iterable<AuditLine>;
  /** Newest first: to take a few of many. @param before a `seq`: only lines with a lower one */
  linesBackwards(before?: number): Iterable<AuditLine>;
  verify(options?: VerifyAuditOptions): AuditVerdict;
}

/** Changes nothing on disk. @throws ModelError INVALID_CONFIG where no audit log is kept */
export async function openAudit(config: Config): Promise<AuditReader> {
  const log = await configuredLog(config);
  if (log === undefined) throw noLog();
  const { directory } = log;
  const { readLines, readLinesBackwards } = await import('../telemetry/audit/read-log.ts');
  const { verifyAudit } = await import('../telemetry/audit/verify-audit.ts');
  return {
    directory,
    lines: () => readLines(directory),
    linesBackwards: (before) => readLinesBackwards(directory, before),
    verify: (options) => verifyAudit(directory, options),
  };
}

export interface RecordedAct {
  readonly act: AuditedAct;
  readonly reference?: string;
  /** Never a secret. */
  readonly facts: Facts;
  readonly outcome?: 'ok' | ModelError;
  readonly actor: CallActor;
  readonly correlationId?: string;
}

/**
 * Puts an act on record that was none of the orchestrator's. Where the log belongs to a store, and there is no store yet, there is nothing to
 * write to, and none is made. @throws ModelError where it cannot be written
 */
export async function recordAct(
  config: Config,
  { act, reference, facts, outcome = 'ok', actor, correlationId }: RecordedAct,
): Promise<void> {
  const log = await configuredLog(config);
  if (log === undefined || (log.isInStore && !isStore(config))) return;
  const { currentUser } = await import('../util/current-user.ts');
  const failure = outcome === 'ok' ? {} : { message: outcome.message };
  await log.append([
    {
      time: new Date(systemClock.now()).toISOString(),
      act,
      ...(reference !== undefined && { reference }),
      outcome: outcome === 'ok' ? 'ok' : outcome.code,
      actor: { user: currentUser(), host: hostname(), pid: process.pid, ...actor },
      correlation_id: correlationId ?? newCorrelationId(),
      facts: redactValue({ ...facts, ...failure }) as Facts,
    },
  ]);
}

const configuredLog = (config: Config): Promise<AuditLog | undefined> =>
  openAuditLog(config, config.modelsRoot === undefined ? undefined : configuredStore(config));

function isStore(config: Config): boolean {
  return config.modelsRoot !== undefined && readStoreId(configuredStore(config)) !== undefined;
}

const noLog = (): ModelError =>
  new ModelError('INVALID_CONFIG', 'no audit log is kept here', {
    reason: 'audit_log_off',
    hint: 'set audit_log = "store" (the default) and MODELS_ROOT, or audit_log to a folder; see `wan config show`',
  });
