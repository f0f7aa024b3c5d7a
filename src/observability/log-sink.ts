import type { EventSink } from '../domain/events.ts';
import { formatHumanLine, formatJsonLine } from './format-log.ts';
import { type LogLevel, type LogRecord, toLogRecord } from './log-record.ts';

export interface LogSinkOptions {
  /** The least severe level that is written. */
  readonly level: LogLevel;
  readonly format: 'human' | 'json';
  readonly color: boolean;
  /** Takes one line, without its line break. */
  readonly write: (line: string) => void;
}

const SEVERITY: Readonly<Record<LogRecord['level'], number>> = { ERROR: 0, WARN: 1, INFO: 2, DEBUG: 3 };

/** A sink that writes events as log lines. */
export function createLogSink({ level, format, color, write }: LogSinkOptions): EventSink {
  return (event) => {
    const record = toLogRecord(event);
    if (record === undefined || !isLogged(record, level)) return;
    write(format === 'json' ? formatJsonLine(record) : formatHumanLine(record, { color }));
  };
}

/** @param level the least severe one that is written */
export const isLogged = (record: LogRecord, level: LogLevel): boolean =>
  SEVERITY[record.level] <= SEVERITY[level.toUpperCase() as LogRecord['level']];
