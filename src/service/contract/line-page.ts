/** Pages of a log that only ever grows. */
import { z } from 'zod';
import { whole } from './query.ts';

const seq = whole(0, Number.MAX_SAFE_INTEGER);

export const lineQuery = z.object({
  before: seq.exactOptional().meta({ description: 'only lines with a lower seq: the page after one that was given' }),
  after: seq.exactOptional().meta({ description: 'only lines with a higher seq: what has come since' }),
  limit: whole(1, 500).default(100),
});
export type LineQuery = z.output<typeof lineQuery>;

export const linePage = <Line extends z.ZodType>(line: Line) =>
  z.object({
    lines: z.array(line).meta({ description: 'the newest first' }),
    more: z.boolean().meta({ description: 'there are older ones that were asked for, too' }),
  });
