/** The document of `wan models repair`. */
import { z } from 'zod';
import { absolutePath, bytes, ref } from './envelope.ts';
import { fault, resultsOf } from './models.ts';

const pathsBelowRoot = z.array(z.string());

export const repairResult = z.object({
  ref,
  ok: z.literal(true),
  variant: z.string(),
  path: absolutePath,
  dry_run: z.boolean(),
  good: z.boolean().meta({ description: 'every file is right now; of a dry run: was before' }),
  file_count: z.int().min(0),
  bytes_read: bytes,
  fetched_bytes: bytes.meta({ description: 'bytes that came over a source; of a dry run, that would' }),
  duration_ms: z.number().min(0),
  files: z
    .array(
      z.object({
        path: z.string(),
        size_bytes: bytes,
        fault,
        way: z.enum(['relink', 'pieces', 'whole', 'derive']).meta({
          description:
            'its bytes were here; only bad pieces were fetched; all of it was, since its pieces are not on record or none was right; it was made again',
        }),
        fetched_bytes: bytes,
        piece_count: z.int().min(0).optional().meta({ description: 'of 16 MiB each; absent where they are not on record' }),
        bad_pieces: z.array(z.int().min(0)).optional().meta({ description: 'numbers of those' }),
        quarantined: pathsBelowRoot.meta({ description: 'where the bad bytes lie now, relative to the root' }),
      }),
    )
    .meta({ description: 'only those that were not right' }),
  links: pathsBelowRoot.meta({ description: 'files, of other models too, that were given the good bytes; relative to the root' }),
  extra_files: z.array(z.string()).meta({ description: 'in the directory, but declared by nobody; left alone' }),
});
export const repairData = z.object({ results: resultsOf(repairResult) });
