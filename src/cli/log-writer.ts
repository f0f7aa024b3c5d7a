import type { Config } from '../config/config.ts';
import type { LogRecord } from '../observability/log-record.ts';
import { createLogWriter } from '../observability/log-writer.ts';
import { screenOf } from './render/screen.ts';
import type { Session } from './session.ts';

/** The one way of log lines to stderr: for a reader at a terminal, or for a program, where nobody says which. */
export function logWriter({ logLevel, logFormat }: Config, { io, area, noColor }: Session): (record: LogRecord) => void {
  return createLogWriter({
    level: logLevel,
    format: logFormat === 'auto' ? (io.stderr.isTTY ? 'human' : 'json') : logFormat,
    color: screenOf(io.stderr, { env: io.env, platform: io.platform, noColor }).color,
    write: (line) => area.line(line),
  });
}
