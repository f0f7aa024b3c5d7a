/** The document of `wan models scrub`. */
import { z } from 'zod';
import { bytes, ref } from './envelope.ts';

const count = z.int().min(0);

export const scrubData = z.object({
  resumed: z.boolean().meta({ description: 'it went on with a round that was cut short' }),
  subset: z.string().optional(),
  blob_count: count,
  right_count: count.meta({ description: 'read now, and right' }),
  skipped_count: count.meta({ description: 'proven lately enough, or before this round was cut short' }),
  left_count: count.meta({ description: 'somebody was at work on them: the next round reads them' }),
  corrupt: z.array(
    z.object({
      digest: z.string(),
      size_bytes: bytes,
      found: z.string().meta({ description: 'what it hashes to, or that it cannot be read' }),
      models: z.array(ref).meta({ description: 'those here that have it' }),
    }),
  ),
  bytes_read: bytes,
  oldest_proof_at: z.iso
    .datetime()
    .optional()
    .meta({ description: 'of the blobs that are right: when the one was read that nobody has read for longest' }),
  duration_ms: z.number().min(0),
});
