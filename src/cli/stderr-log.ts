import type { Config } from '../config/config.ts';
import type { EventSink } from '../domain/events.ts';
import { logSink } from '../observability/log-writer.ts';
import { logWriter } from './log-writer.ts';
import type { Session } from './session.ts';

/**
 * Events as log lines on stderr, for whoever asked for a level or a format: without, the progress display tells what a reader
 * should know.
 */
export function stderrLog(config: Config, session: Session): EventSink | undefined {
  const { logLevel, logFormat } = config.origins;
  if (logLevel.from === 'default' && logFormat.from === 'default') return undefined;
  let sink: EventSink | undefined;
  return (event) => {
    // What stderr is, is looked at once there is something to write.
    sink ??= logSink(logWriter(config, session));
    sink(event);
  };
}
