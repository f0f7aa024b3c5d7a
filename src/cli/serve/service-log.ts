import type { Config } from '../../config/config.ts';
import type { EventSink } from '../../domain/events.ts';
import { formatHumanLine, formatJsonLine } from '../../observability/format-log.ts';
import { type LogRecord, toLogRecord } from '../../observability/log-record.ts';
import { isLogged } from '../../observability/log-sink.ts';
import { LogTail } from '../../observability/log-tail.ts';
import { screenOf } from '../render/screen.ts';
import type { Session } from '../session.ts';

export interface ServiceLog {
  readonly sink: EventSink;
  readonly write: (record: LogRecord) => void;
  /** What was written last. */
  readonly tail: LogTail;
}

/** A service has no other way of telling what it does: it logs, whether or not it was asked to. */
export function serviceLog({ logLevel, logFormat }: Config, { io, area, noColor }: Session): ServiceLog {
  const format = logFormat === 'auto' ? (io.stderr.isTTY ? 'human' : 'json') : logFormat;
  const { color } = screenOf(io.stderr, { env: io.env, platform: io.platform, noColor });
  const tail = new LogTail();
  const write = (record: LogRecord): void => {
    if (!isLogged(record, logLevel)) return;
    area.line(format === 'json' ? formatJsonLine(record) : formatHumanLine(record, { color }));
    tail.add(record);
  };
  const sink: EventSink = (event) => {
    const record = toLogRecord(event);
    if (record !== undefined) write(record);
  };
  return { sink, write, tail };
}
