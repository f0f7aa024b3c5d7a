/** One command line from argv to exit status. Never throws. */
import { asModelError, type ModelError } from '../domain/errors.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, NO_ERROR_TEXT } from './common-options.ts';
import type { Io } from './io.ts';
import { parseOptions } from './parse-options.ts';
import { printReport } from './print-report.ts';
import type { Report } from './report.ts';
import { asksFor, type Request, readRequest } from './request.ts';
import { Session } from './session.ts';
import { type SignalWatch, watchSignals } from './signals.ts';

const ERROR_SCHEMA = 'wan.error/v1';

export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const style = styleOf(argv);
  try {
    const request = readRequest(argv);
    if (request.kind === 'complete') return await complete(request.words, io);
    if (request.kind === 'run') return await runVerb(request, { argv, io, style });
    return printReport(await information(request), { io, style, schema: ERROR_SCHEMA });
  } catch (error) {
    return printReport(failure(asModelError(error)), { io, style, schema: ERROR_SCHEMA });
  }
}

/** What nobody caught, as an error like any other: with --json still one document. @returns the exit status */
export function reportCrash(error: unknown, { argv, io }: { readonly argv: readonly string[]; readonly io: Io }): number {
  return printReport(failure(asModelError(error)), { io, style: styleOf(argv), schema: ERROR_SCHEMA });
}

const styleOf = (argv: readonly string[]): Style => ({
  json: asksFor(argv, '--json'),
  noColor: asksFor(argv, '--no-color'),
  debug: isDebug(argv),
  errorText: !asksFor(argv, `--${NO_ERROR_TEXT.name}`),
});

export interface Style {
  readonly json: boolean;
  readonly noColor: boolean;
  /** Show stacks. */
  readonly debug: boolean;
  /** With `json`: tell an error on stderr as well. */
  readonly errorText: boolean;
}

interface Run {
  readonly argv: readonly string[];
  readonly io: Io;
  readonly style: Style;
}

async function runVerb({ entry, words }: Extract<Request, { kind: 'run' }>, { argv, io, style }: Run): Promise<number> {
  const command = await entry.load();
  const watch = watchSignals(process, () => io.stderr.isTTY && io.stderr.write('\x1b[?25h'));
  try {
    const report = await reportOf(command, { title: `wan ${entry.name}`, words, argv, io, watch });
    const stopped = report.error?.code === 'CANCELLED' ? watch.exitStatus() : undefined;
    const status = printReport(stopped === undefined ? report : { ...report, exitStatus: stopped }, { io, style, schema: command.schema });
    if (report.afterwards === undefined) return status;
    await report.afterwards();
    return watch.exitStatus() ?? status;
  } finally {
    watch.stop();
  }
}

interface VerbRun {
  readonly title: string;
  readonly words: readonly string[];
  readonly argv: readonly string[];
  readonly io: Io;
  readonly watch: SignalWatch;
}

async function reportOf(command: Command, { title, words, argv, io, watch }: VerbRun): Promise<Report> {
  let session: Session | undefined;
  let error: ModelError | undefined;
  try {
    const args = parseOptions(words, { ...command, title, options: [...command.options, ...COMMON_OPTIONS] });
    session = new Session({ io, args, signal: watch.signal, handOver: watch.handOver, argv, title });
    const report = await command.run(session, args);
    error = report.error;
    return error === undefined ? report : { ...report, correlationId: session.correlationId };
  } catch (thrown) {
    error = asModelError(thrown);
    return { ...failure(error), ...(session && { correlationId: session.correlationId }) };
  } finally {
    await session?.close(error);
  }
}

const failure = (error: ModelError): Report => ({ text: () => '', error });

async function information(request: Extract<Request, { kind: 'help' | 'version' }>): Promise<Report> {
  if (request.kind === 'version') return (await import('./commands/version.ts')).versionReport();
  return (await import('./commands/help.ts')).helpReport(request);
}

async function complete(words: readonly string[], io: Io): Promise<number> {
  const { complete: completeWords } = await import('./complete.ts');
  return completeWords(words, io);
}

const isDebug = (argv: readonly string[]): boolean =>
  argv.some((word, index) => word === '--log-level=debug' || (word === 'debug' && argv[index - 1] === '--log-level'));
