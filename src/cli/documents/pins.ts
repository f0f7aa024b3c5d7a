/** Documents of pin, unpin, pins, lease and exec. */
import { z } from 'zod';
import { absolutePath, failedRef, ref } from './envelope.ts';

const asked = z.string().optional().meta({ description: 'the reference as it was written, where that is not `ref`' });

const pin = z.object({
  ref,
  family: z.string(),
  state: z
    .enum(['active', 'expired', 'unreadable'])
    .meta({ description: 'an expired one counts no more; an unreadable one counts: what cannot be read is kept' }),
  pinned_at: z.iso.datetime().optional().meta({ description: 'absent where the record cannot be read' }),
  until: z.iso.datetime().optional().meta({ description: 'absent: until it is unpinned' }),
  reason: z.string().optional(),
  by: z.string().optional().meta({ description: 'user@host' }),
  path: absolutePath,
  present: z.boolean().meta({ description: 'whether the model is here' }),
});

export const pinsData = z.object({ pins: z.array(pin) });

export const pinResult = pin.extend({ ok: z.literal(true) });
export const pinData = z.object({ results: z.array(z.union([pinResult.extend({ asked }), failedRef])) });

export const unpinResult = z.object({
  ref,
  ok: z.literal(true),
  path: absolutePath,
  unpinned: z.boolean().meta({ description: 'false: it was not pinned' }),
});
export const unpinData = z.object({ results: z.array(z.union([unpinResult.extend({ asked }), failedRef])) });

export const leaseData = z.object({ ref, path: absolutePath.meta({ description: 'the proven directory, which is held by now' }) });

export const execData = z.object({
  ref,
  path: absolutePath.meta({ description: 'what WAN_MODEL_PATH was' }),
  command: z.array(z.string()),
  exit_status: z.int().min(0).meta({ description: 'of the command, and of wan; 128 and the number of the signal that ended it' }),
  signal: z.string().optional().meta({ description: 'the signal that ended the command' }),
});
