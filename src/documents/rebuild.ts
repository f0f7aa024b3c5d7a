/** The document of `wan models rebuild`. */
import { z } from 'zod';
import { bytes, ref } from './envelope.ts';

const count = z.int().min(0);

export const rebuildData = z.object({
  dry_run: z.boolean(),
  good: z.boolean().meta({ description: 'nothing is bad, missing or lost' }),
  store_record_made: z.boolean().meta({ description: 'STORE.json was lost; of a dry run: is' }),
  blob_count: count,
  proven_count: count.meta({ description: 'whose proof was on record' }),
  read_count: count.meta({ description: 'read and found right; of a dry run: to be read' }),
  bad_blobs: z.array(z.string()).meta({ description: 'digests whose bytes are others; marked' }),
  adopted_count: count.meta({ description: 'blobs that were gone, and are links of published files again; of a dry run: would be' }),
  links: z
    .array(z.string())
    .meta({ description: 'files that are links of their blobs again, relative to the root; of a dry run: would be' }),
  derivation_count: count.meta({ description: 'records of derivations that were written; of a dry run: would be' }),
  snapshot_count: count,
  snapshots: z
    .array(
      z.object({
        path: z.string().meta({ description: 'relative to the root' }),
        ref: ref.optional(),
        state: z.enum(['rebuilt', 'lost', 'kept']).meta({ description: 'its record: written anew, lost for good, or there' }),
        file_count: count,
        bad_files: z.array(z.string()),
        missing_files: z.array(z.string()),
      }),
    )
    .meta({ description: 'only those of which there is something to say' }),
  bytes_read: bytes.meta({ description: 'of a dry run: to be read' }),
  duration_ms: z.number().min(0),
});
