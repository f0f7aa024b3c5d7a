/** Document of `wan models du`. */
import { z } from 'zod';
import { BYTE_CLASSES } from '../domain/disk-usage.ts';
import { absolutePath, bytes } from './envelope.ts';

const sum = {
  files: z.int().min(0),
  apparent_bytes: bytes.meta({ description: 'lengths of the files' }),
  allocated_bytes: bytes.meta({ description: 'blocks as the file system tells them, of each inode once, folders included' }),
  disk_bytes: bytes.meta({ description: 'the same, with blocks that are known to be shared by reflink counted once' }),
};
const uniqueBytes = bytes.meta({ description: 'what removing it, and nothing else, would give back' });
const holder = z.object({ name: z.string(), ...sum, unique_bytes: uniqueBytes });

export const duData = z.object({
  root: absolutePath,
  total: z.object(sum),
  classes: z
    .array(
      z.object({
        class: z.enum(BYTE_CLASSES),
        ...sum,
        reclaim: z.string().optional().meta({ description: 'the verb that gives it back; absent where nothing does' }),
      }),
    )
    .meta({ description: 'every inode is in one of them: their sum is `total`' }),
  models: z
    .array(
      z.object({
        ref: z.string().meta({ description: 'name@version[@variant][@+overlay], or the name of a folder without a readable record' }),
        family: z.string(),
        path: absolutePath,
        pinned: z.boolean(),
        readable: z
          .boolean()
          .meta({ description: 'false: its record is missing or torn, and no blob of any model is given back until that is mended' }),
        ...sum,
        unique_bytes: uniqueBytes,
      }),
    )
    .meta({ description: 'the largest first' }),
  families: z.array(holder),
  components: z.array(holder).meta({ description: 'a shared component by its own id; `(none)`: files of no component' }),
  sharing: z.object({
    hard_linked_bytes: bytes.meta({ description: 'second names that cost nothing' }),
    reflinked_bytes: bytes.meta({ description: 'second files whose blocks cost nothing' }),
    copied_bytes: bytes.meta({ description: 'second files that cost their size: the volume has neither links nor reflinks' }),
  }),
  tiers: z
    .array(z.object({ name: z.string(), model_count: z.int().min(0), total_bytes: bytes, stored_bytes: bytes }))
    .meta({ description: 'what lies in tiers, and is in no other sum here' }),
  volume: z.object({ free_bytes: bytes, total_bytes: bytes }),
});
