/** Lines of a JSON log, each held against its published schema. */
import type { z } from 'zod';
import { logLine } from '../../src/documents/log-line.ts';

export type LogLine = z.output<typeof logLine>;

/** @throws where a line is no JSON, or not as the schema says */
export const logLines = (text: string): LogLine[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => logLine.parse(JSON.parse(line)));

export const linesOf = (lines: readonly LogLine[], event: string): LogLine[] => lines.filter((line) => line.event === event);
