import type { Config } from '../config/config.ts';
import type { EventSink } from '../domain/events.ts';
import { createLogSink } from '../observability/log-sink.ts';
import { screenOf } from './render/screen.ts';
import type { Session } from './session.ts';

/**
 * Events as log lines on stderr, for whoever asked for a level or a format: without, the progress display tells what a reader
 * should know.
 */
export function stderrLog(config: Config, { io, area, noColor }: Session): EventSink | undefined {
  const { logLevel, logFormat } = config.origins;
  if (logLevel.from === 'default' && logFormat.from === 'default') return undefined;
  let sink: EventSink | undefined;
  const makeSink = (): EventSink =>
    createLogSink({
      level: config.logLevel,
      format: config.logFormat === 'auto' ? (io.stderr.isTTY ? 'human' : 'json') : config.logFormat,
      color: screenOf(io.stderr, { env: io.env, platform: io.platform, noColor }).color,
      write: (line) => area.line(line),
    });
  return (event) => {
    sink ??= makeSink();
    sink(event);
  };
}
