/** Results on stdout, errors on stderr; with --json exactly one document on stdout, whatever happened. */
import { type ModelError, ModelError as ModelErrorClass } from '../domain/errors.ts';
import { visibleText } from '../util/visible-text.ts';
import { errorWire } from '../wire/error-wire.ts';
import type { Io } from './io.ts';
import { errorText, stackText } from './render/error-text.ts';
import { type Screen, type ScreenStream, screenOf } from './render/screen.ts';
import { terminalText } from './render/terminal-text.ts';
import type { Report } from './report.ts';
import type { Style } from './run-cli.ts';

const TOLD = 10;

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
  else printText(report, io, screen(io.stdout));
  // Standard error costs time to open: a run that has nothing to tell there leaves it alone.
  const isTold = style.json && !style.errorText;
  if (report.error !== undefined && !isTold) printErrors(report, { io, style, screen: screen(io.stderr) });
  return report.exitStatus ?? report.error?.exitCode ?? 0;
}

function jsonText(report: Report, schema: string, pretty: boolean): string {
  const { error, correlationId } = report;
  const document = {
    schema: report.schema ?? schema,
    ok: error === undefined,
    ...(correlationId !== undefined && { correlation_id: correlationId }),
    ...(error !== undefined && { error: errorWire(error) }),
    ...(report.wire !== undefined && { data: report.wire() }),
  };
  return visibleText(JSON.stringify(document, null, pretty ? 2 : 0));
}

/** A file or a pipe gets names as they are: `cd "$(wan models path …)"`. */
function printText(report: Report, { stdout }: Io, screen: Screen): void {
  const text = report.text(screen);
  if (text !== '') stdout.write(`${stdout.isTTY ? terminalText(screen, text) : text}\n`);
}

interface Showing {
  readonly io: Io;
  readonly style: Style;
  readonly screen: Screen;
}

/** Of several models that failed each in turn, up to a number that is still read. */
function printErrors({ error, failed = [] }: Report, showing: Showing): void {
  if (failed.length < 2) {
    if (error !== undefined) printError(error, showing);
    return;
  }
  for (const one of failed.slice(0, TOLD)) printError(one.error, showing, one.ref);
  const more = failed.length - TOLD;
  if (more > 0) showing.io.stderr.write(`and ${more} more that failed: --json tells why\n`);
}

function printError(error: ModelError, { io, style, screen }: Showing, ref?: string): void {
  io.stderr.write(`${errorText(screen, error, ref)}\n`);
  if (style.debug) io.stderr.write(`${stackText(screen, originOf(error))}\n`);
}

/** A wrapped bug is shown where it happened. */
const originOf = (error: ModelError): Error =>
  error.code === 'INTERNAL' && error.cause instanceof Error && !(error.cause instanceof ModelErrorClass) ? error.cause : error;
