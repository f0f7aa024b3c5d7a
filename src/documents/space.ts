/** Whether what is asked for fits: part of the document of `wan models plan`. */
import { z } from 'zod';
import { bytes } from './envelope.ts';

export const spaceVerdict = z
  .object({
    fits: z.boolean(),
    write_bytes: bytes.meta({ description: 'fetched, copied and derived; of what several models share, once' }),
    second_copy_bytes: bytes.meta({ description: 'of write_bytes: on a volume without links and reflinks, what second names cost' }),
    margin_bytes: bytes,
    needed_bytes: bytes.meta({ description: 'of free space, margin included; 0 where nothing is written' }),
    free_bytes: bytes,
    reserved_bytes: bytes.meta({ description: 'promised to other commands at work' }),
    shortfall_bytes: bytes,
    quotas: z
      .array(
        z.object({
          scope: z.enum(['total', 'family']),
          family: z.string().optional(),
          quota_bytes: bytes,
          used_bytes: bytes.meta({ description: 'on disk, as `wan models du` counts' }),
          reserved_bytes: bytes,
          needed_bytes: bytes,
          shortfall_bytes: bytes,
        }),
      )
      .meta({ description: 'those that are configured' }),
    reclaimable: z
      .object({ orphan_bytes: bytes, trash_bytes: bytes, quarantine_bytes: bytes, model_bytes: bytes })
      .optional()
      .meta({ description: 'only where something is short: what could go' }),
    room: z
      .object({
        removes: z.array(z.string()).meta({ description: 'models that an ensure would remove first' }),
        in_the_way: z.string().optional().meta({ description: 'why that would not be enough: then nothing goes' }),
      })
      .optional()
      .meta({ description: 'only where something is short, and enable_garbage_collection is on' }),
  })
  .meta({ description: 'of all these models together' });
