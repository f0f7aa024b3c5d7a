import type { Config } from '../config/config.ts';
import type { EventSink } from '../domain/events.ts';
import { formatHumanLine, formatJsonLine } from '../observability/format-log.ts';
import type { LogRecord } from '../observability/log-record.ts';
import { createLogSink, isLogged } from '../observability/log-sink.ts';
import { screenOf } from './render/screen.ts';
import type { Session } from './session.ts';

export interface ServiceLog {
  readonly sink: EventSink;
  readonly write: (record: LogRecord) => void;
}

/** A service has no other way of telling what it does: it logs, whether or not it was asked to. */
export function serviceLog({ logLevel, logFormat }: Config, { io, area, noColor }: Session): ServiceLog {
  const format = logFormat === 'auto' ? (io.stderr.isTTY ? 'human' : 'json') : logFormat;
  const { color } = screenOf(io.stderr, { env: io.env, platform: io.platform, noColor });
  const write = (line: string): void => area.line(line);
  return {
    sink: createLogSink({ level: logLevel, format, color, write }),
    write: (record) => {
      if (isLogged(record, logLevel)) write(format === 'json' ? formatJsonLine(record) : formatHumanLine(record, { color }));
    },
  };
}
