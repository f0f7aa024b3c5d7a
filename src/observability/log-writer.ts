import type { EventSink } from '../domain/events.ts';
import { formatHumanLine, formatJsonLine } from './format-log.ts';
import { type LogLevel, type LogRecord, toLogRecord } from './log-record.ts';

export interface LogWriterOptions {
  /** The least severe level that is written. */
  readonly level: LogLevel;
  readonly format: 'human' | 'json';
  readonly color: boolean;
  /** Takes one line, without its line break. */
  readonly write: (line: string) => void;
}

const SEVERITY: Readonly<Record<LogRecord['level'], number>> = { ERROR: 0, WARN: 1, INFO: 2, DEBUG: 3 };

/** Writes records that are severe enough, a line each. */
export function createLogWriter({ level, format, color, write }: LogWriterOptions): (record: LogRecord) => void {
  return (record) => {
    if (isLogged(record, level)) write(format === 'json' ? formatJsonLine(record) : formatHumanLine(record, { color }));
  };
}

/** Events as records, but for those that are said again and again. */
export const logSink =
  (take: (record: LogRecord) => void): EventSink =>
  (event) => {
    const record = toLogRecord(event);
    if (record !== undefined) take(record);
  };

/** @param level the least severe one that is written */
export const isLogged = (record: LogRecord, level: LogLevel): boolean =>
  SEVERITY[record.level] <= SEVERITY[level.toUpperCase() as LogRecord['level']];
