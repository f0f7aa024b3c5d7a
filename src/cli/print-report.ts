/** Results on stdout, errors on stderr; with --json exactly one document on stdout, whatever happened. */
import { type ModelError, ModelError as ModelErrorClass } from '../domain/errors.ts';
import { redactText } from '../observability/redact-text.ts';
import type { Io } from './io.ts';
import { errorText, stackText } from './render/error-text.ts';
import { type Screen, type ScreenStream, screenOf } from './render/screen.ts';
import type { Report } from './report.ts';
import type { Style } from './run-cli.ts';
import { errorWire } from './wire/error-wire.ts';

export interface PrintOptions {
  readonly io: Io;
  readonly style: Style;
  /** Of the document, where the report names no other. */
  readonly schema: string;
}

/** @returns the exit status */
export function printReport(report: Report, { io, style, schema }: PrintOptions): number {
  const { env, platform } = io;
  const screen = (stream: ScreenStream): Screen => screenOf(stream, { env, platform, noColor: style.noColor });
  if (style.json) io.stdout.write(`${jsonText(report, schema, io.stdout.isTTY === true)}\n`);
  else printText(report.text(screen(io.stdout)), io);
  if (report.error !== undefined) printError(report.error, { io, style, screen: screen(io.stderr) });
  return report.exitStatus ?? report.error?.exitCode ?? 0;
}

function jsonText(report: Report, schema: string, pretty: boolean): string {
  const { error } = report;
  const document = {
    schema: report.schema ?? schema,
    ok: error === undefined,
    ...(error !== undefined && { error: errorWire(error) }),
    ...(report.wire !== undefined && { data: report.wire() }),
  };
  return JSON.stringify(document, null, pretty ? 2 : 0);
}

function printText(text: string, io: Io): void {
  if (text !== '') io.stdout.write(`${text}\n`);
}

function printError(error: ModelError, { io, style, screen }: { io: Io; style: Style; screen: Screen }): void {
  io.stderr.write(`${redactText(errorText(screen, error))}\n`);
  if (style.debug) io.stderr.write(`${redactText(stackText(screen, originOf(error)))}\n`);
}

/** A wrapped bug is shown where it happened. */
const originOf = (error: ModelError): Error =>
  error.code === 'INTERNAL' && error.cause instanceof Error && !(error.cause instanceof ModelErrorClass) ? error.cause : error;
