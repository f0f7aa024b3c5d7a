import { resolve } from 'node:path';
import { metricsOf, writeMetrics } from '../../compose/telemetry.ts';
import type { MetricsReport } from '../../domain/metrics.ts';
import { metricsWire } from '../../wire/metrics-wire.ts';
import type { Command } from '../command.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import type { Report } from '../report.ts';
import type { Session } from '../session.ts';

export const metrics: Command = {
  summary: 'Print what was counted under MODELS_ROOT, for Prometheus',
  description:
    'Downloads, bytes, errors and collections of all processes since the store was made, and what the models take now, in the text format of Prometheus. With --textfile into a file for the textfile collector of node_exporter, which is whole at each moment. Nothing else is changed. A service answers /metrics with the same.',
  schema: 'wan.metrics/v1',
  options: [{ name: 'textfile', value: 'PATH', completes: 'file', summary: 'write it there, and print nothing' }],
  examples: [
    { command: 'wan metrics', what: 'what Prometheus would scrape' },
    { command: 'wan metrics --textfile /var/lib/node_exporter/textfile/wan.prom', what: 'from a timer, every minute' },
    {
      command: 'wan metrics --json | jq \'.data.metrics[] | select(.name == "model_errors_total") | .samples\'',
      what: 'which errors there were',
    },
  ],
  exitStatuses: [6, 9],
  run: async (session, args) => (args.has('textfile') ? toFile(session, args) : toOutput(session, args)),
};

async function toFile(session: Session, args: ParsedArgs): Promise<Report> {
  const path = resolve(session.io.cwd, args.text('textfile') ?? '');
  const report = await writeMetrics(await session.config(), path);
  return { wire: () => metricsWire(report, path), text: () => '' };
}

async function toOutput(session: Session, args: ParsedArgs): Promise<Report> {
  const report = await metricsOf(await session.config());
  const text = args.has('json') ? '' : await prometheus(report);
  return { wire: () => metricsWire(report), text: () => text };
}

/** A report ends with its own line break. */
async function prometheus(report: MetricsReport): Promise<string> {
  const { prometheusText } = await import('../../observability/metrics/prometheus-text.ts');
  return (await prometheusText(report)).trimEnd();
}
