/** Document and question of /audit. */
import { z } from 'zod';
import { auditLine } from '../../documents/audit.ts';
import { whole } from './query.ts';

const seq = whole(0, Number.MAX_SAFE_INTEGER);

export const auditQuery = z.object({
  before: seq.exactOptional().meta({ description: 'only lines with a lower seq: the page after one that was given' }),
  after: seq.exactOptional().meta({ description: 'only lines with a higher seq: what has come since' }),
  limit: whole(1, 500).default(100),
});

export const auditPage = z.object({
  lines: z.array(auditLine).meta({ description: 'the newest first' }),
  more: z.boolean().meta({ description: 'there are older ones that were asked for, too' }),
});
