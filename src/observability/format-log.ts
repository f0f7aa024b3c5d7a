import { indentedText, visibleText } from '../util/visible-text.ts';
import type { LogRecord } from './log-record.ts';

export interface HumanLineOptions {
  readonly color: boolean;
}

const COLORS: Readonly<Record<LogRecord['level'], number>> = { ERROR: 31, WARN: 33, INFO: 36, DEBUG: 90 };

/** One JSON object without a line break inside; log collectors read it as it is. */
export const formatJsonLine = (record: LogRecord): string => visibleText(JSON.stringify(record));

/** `10:30:00.123 INFO  t2v-A14B@2.2.0@bf16: Model download completed [req-1]`, further lines indented. */
export function formatHumanLine(record: LogRecord, { color }: HumanLineOptions): string {
  const time = record.timestamp.slice(11, 23);
  const level = record.level.padEnd(5);
  const model =
    record.model_id === undefined ? '' : `${[record.model_id, record.variant].filter((part) => part !== undefined).join('@')}: `;
  const code = record.error_code === undefined ? '' : ` (${record.error_code})`;
  const shownLevel = color ? `\u001b[${COLORS[record.level]}m${level}\u001b[39m` : level;
  return `${time} ${shownLevel} ${harmless(`${model}${record.message}${code}${durationOf(record)} [${record.correlation_id}]`)}`;
}

const durationOf = ({ duration_seconds: seconds }: LogRecord): string => (seconds === undefined ? '' : ` in ${seconds} s`);

/** Names of files and answers of servers may hold line breaks and terminal commands: neither reaches the terminal. */
const harmless = (text: string): string => indentedText(visibleText(text), '    ');
