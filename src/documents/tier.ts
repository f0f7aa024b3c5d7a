/** Documents of `wan models tier`. */
import { z } from 'zod';
import { bytes, failedRef, ref } from './envelope.ts';

const form = z.enum(['plain', 'zstd']);
const tierName = z.string().meta({ description: 'as in the configuration; `fast` is MODELS_ROOT' });

export const tierState = z.object({
  name: tierName,
  place: z.string().meta({ description: 'absolute path, or URL' }),
  problem: z.string().optional().meta({ description: 'why it cannot be asked now' }),
  free_bytes: bytes.optional(),
  on_same_volume: z.boolean().optional().meta({ description: 'as MODELS_ROOT: a move there gives no room back' }),
  model_count: z.int().min(0),
  total_bytes: bytes.meta({ description: 'of what this root has there, each blob once' }),
  stored_bytes: bytes.meta({ description: 'what that takes there' }),
  compress: z.boolean(),
  idle_ms: z.int().optional(),
  min_size_bytes: bytes,
});

export const tierModel = z.object({
  ref,
  here: z.boolean().meta({ description: 'published in MODELS_ROOT' }),
  tier: z.string().optional().meta({ description: 'where a whole, proven copy of it lies' }),
  outdated: z.boolean().meta({ description: 'the manifest names other bytes by now than lie in the tier' }),
  total_bytes: bytes,
  stored_bytes: bytes.optional(),
  moved_at: z.iso.datetime().optional(),
  last_used_at: z.iso.datetime().optional(),
  would_move: z.object({ to: tierName, because: z.string() }).optional().meta({ description: 'what the policy says' }),
  faults: z
    .array(z.object({ digest: z.string(), place: z.string(), fault: z.enum(['missing', 'size', 'digest', 'unreadable']) }))
    .optional()
    .meta({ description: 'only with --verify' }),
  not_verified: z.string().optional().meta({ description: 'only with --verify: why nothing of it could be read in its tier' }),
});

export const tierMove = z.object({
  ref,
  ok: z.literal(true),
  to: tierName,
  because: z.string().optional(),
  done: z.boolean().meta({ description: 'false: nothing was changed' }),
  total_bytes: bytes,
  stored_bytes: bytes.meta({ description: 'what they take there; before it is done at most' }),
  written_bytes: bytes,
  reclaimed_bytes: bytes.meta({ description: 'given back where it was taken away' }),
  blobs: z.array(
    z.object({
      digest: z.string(),
      paths: z.array(z.string()),
      size_bytes: bytes,
      stored_bytes: bytes,
      form,
      action: z.enum(['write', 'found', 'keep']),
    }),
  ),
});

const results = z.array(z.union([tierMove.extend({ asked: z.string().optional() }), failedRef]));

export const tierData = z.discriminatedUnion('action', [
  z.object({ action: z.literal('status'), tiers: z.array(tierState), models: z.array(tierModel), verified_bytes: bytes.optional() }),
  z.object({ action: z.literal('move'), results }),
  z.object({ action: z.literal('drop'), results }),
  z.object({
    action: z.literal('new-id'),
    store_id: z.string(),
    before: z.string().meta({ description: 'the id that this root had' }),
    counted: z.array(ref).meta({ description: 'models that it counts on in tiers now, under its own id' }),
    missing: z.array(ref).meta({ description: 'models whose copies do not lie whole in their tiers any more' }),
  }),
]);
