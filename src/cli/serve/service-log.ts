import type { Config } from '../../config/config.ts';
import type { EventSink } from '../../domain/events.ts';
import type { LogRecord } from '../../observability/log-record.ts';
import { LogTail } from '../../observability/log-tail.ts';
import { isLogged, logSink } from '../../observability/log-writer.ts';
import { redactValue } from '../../observability/redact-value.ts';
import { logWriter } from '../log-writer.ts';
import type { Session } from '../session.ts';

export interface ServiceLog {
  readonly sink: EventSink;
  /** What is no event: nobody has redacted it. */
  readonly write: (record: LogRecord) => void;
  /** What was written last. */
  readonly tail: LogTail;
}

/** A service has no other way of telling what it does: it logs, whether or not it was asked to. */
export function serviceLog(config: Config, session: Session): ServiceLog {
  const tail = new LogTail();
  const toStderr = logWriter(config, session);
  const take = (record: LogRecord): void => {
    if (!isLogged(record, config.logLevel)) return;
    toStderr(record);
    tail.add(record);
  };
  return { sink: logSink(take), write: (record) => take(redactValue(record) as LogRecord), tail };
}
