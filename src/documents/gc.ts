/** Document of gc. */
import { z } from 'zod';
import { bytes } from './envelope.ts';

export const gcKind = z.enum(['model', 'blob', 'partial', 'staging', 'record', 'trash', 'quarantine']).meta({
  description:
    'blob: bytes that no model counts on; partial: an unfinished download; staging, record: what a dead process was making; trash: what was taken out of use; quarantine: bad bytes that were replaced',
});

export const gcTrigger = z.enum(['manual', 'quota', 'low_disk', 'schedule']).meta({ description: 'why it ran' });

const item = z.object({
  kind: gcKind,
  what: z.string().meta({ description: "the model's reference, a digest, or a name" }),
  path: z.string().meta({ description: 'relative to MODELS_ROOT' }),
  bytes: bytes.meta({ description: 'freed by its removal, after those before it; of one that stays: what it alone counts on' }),
  action: z.enum(['remove', 'trash', 'keep']).meta({ description: 'trash: its bytes come back when it expires there' }),
  reason: z.enum([
    'older_than',
    'max_age',
    'keep_last',
    'max_size',
    'free',
    'orphan',
    'dead',
    'expired',
    'asked',
    'pinned',
    'leased',
    'open',
    'at_work',
    'counted_on',
    'only_copy',
    'grace',
    'newest',
    'not_asked',
    'not_in_manifest',
    'foreign',
    'in_trash',
    'enough',
    'changed',
  ]),
  why: z.string().meta({ description: 'for people' }),
  expires_at: z.iso.datetime().optional().meta({ description: 'when what is in the trash, or goes there, is purged' }),
  model: z
    .object({
      family: z.string(),
      in_manifest: z.boolean(),
      total_bytes: bytes.meta({ description: 'shared ones included' }),
      last_used_at: z.iso.datetime(),
    })
    .optional(),
});

export const gcData = z.object({
  dry_run: z.boolean(),
  reclaimed_bytes: bytes.meta({ description: 'given back to the file system; 0 in a dry run' }),
  remove_bytes: bytes.meta({ description: 'of the items that go, or went, at once' }),
  trash_bytes: bytes.meta({ description: 'of the items that go, or went, to the trash: freed when they expire there' }),
  keep_bytes: bytes.meta({ description: 'unique bytes of the models that stay' }),
  items: z.array(item).meta({ description: 'what goes first, models longest unused first; then what stays' }),
  targets: z
    .array(z.object({ kind: z.enum(['max_size', 'free', 'need']), wanted_bytes: bytes, reached_bytes: bytes, short_bytes: bytes }))
    .meta({ description: 'sizes that were asked for, and how far the collection comes' }),
  in_use: z
    .object({
      looked: z.boolean().meta({ description: 'whether processes were looked at that have model files open or mapped (Linux)' }),
      hidden_processes: z.int().min(0).meta({ description: 'programs of others, whose files cannot be seen' }),
    })
    .meta({ description: 'who uses files without a lease' }),
});
