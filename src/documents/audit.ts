/** Documents of the audit log. */
import { z } from 'zod';
import { absolutePath, bytes, errorCode } from './envelope.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const seq = z.int().min(1).meta({ description: 'from 1, without gaps' });

export const auditLine = z.object({
  seq,
  time: z.iso.datetime(),
  act: z.string().meta({ description: 'the verb; audit.mended: a line was torn, since its writer was killed' }),
  reference: z.string().optional().meta({ description: 'of the model, where it is one' }),
  outcome: z.union([z.literal('ok'), errorCode]),
  actor: z.object({
    user: z.string(),
    host: z.string(),
    pid: z.int(),
    via: z.enum(['cli', 'library', 'http', 'schedule']),
    name: z.string().optional().meta({ description: 'on whose behalf a service acted' }),
  }),
  correlation_id: z.string().meta({ description: 'the same as in the log of the call' }),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  prev: hash.meta({ description: '`hash` of the line before; 64 zeros in the first one' }),
  hash: hash.meta({ description: "sha256 of the line's JSON without this key" }),
});

export const auditLinesData = z.object({ directory: absolutePath, lines: z.array(auditLine) });

export const auditVerifyData = z.object({
  directory: absolutePath,
  files: z.int().min(0),
  lines: z.int().min(0),
  first: seq.optional().meta({ description: 'number of the first line that is here' }),
  head: z.object({ seq, hash }).optional().meta({ description: 'the last line: note it elsewhere, for --mark' }),
  faults: z.array(
    z.object({
      kind: z.enum(['changed', 'missing', 'misplaced', 'cut', 'unreadable', 'no_head']),
      seq: z.int().optional(),
      file: z.string().optional(),
      line: z.int().min(1).optional().meta({ description: 'in the file, from 1' }),
      message: z.string(),
    }),
  ),
  mended: z.int().min(0).meta({ description: 'torn lines that the log tells of itself' }),
  torn_bytes: bytes.meta({ description: 'at the end, of a line whose writer was killed' }),
  unanchored: z.int().min(0).meta({ description: 'lines at the end that head.json does not know yet' }),
});
