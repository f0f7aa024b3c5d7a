/** Documents of the verbs that write or read the lockfile. */
import { z } from 'zod';
import { absolutePath, bytes, errorObject } from './envelope.ts';

const count = z.int().min(0);
const partId = z.string().meta({ description: 'name@version, with @variant or @+overlay; of a component its id' });
const kind = z.enum(['model', 'component']);

const fileFacts = z.object({
  size_bytes: bytes,
  sha256: z.string().optional(),
  etag: z.string().optional().meta({ description: 'what the source calls the bytes, where it publishes no sha256' }),
  git_oid: z.string().optional(),
});
export const fileChange = z.object({
  path: z.string(),
  change: z.enum(['added', 'removed', 'changed']),
  from: fileFacts.optional(),
  to: fileFacts.optional(),
});
const seenSource = z.object({
  source: z.string().optional().meta({ description: 'redacted URL' }),
  revision: z.string().optional(),
  at: z.string().optional().meta({ description: 'when it was pinned; of what the source has now: when that was made, where it says so' }),
});
const failed = z.array(z.object({ id: partId, error: errorObject })).meta({ description: 'parts that could not be worked on' });

export const lockData = z.object({
  lockfile: absolutePath,
  written: z.boolean().meta({ description: 'false: every byte of it stays as it was' }),
  read_bytes: bytes.meta({ description: 'bytes that were read to know digests that nobody publishes' }),
  parts: z.array(
    z.object({
      id: partId,
      kind,
      action: z.enum(['kept', 'added', 'changed', 'removed']),
      file_count: count,
      total_bytes: bytes,
      was_edited: z.boolean().meta({ description: 'the entry had been edited by hand, and was not believed' }),
      from: seenSource.optional(),
      to: seenSource.optional(),
      changes: z.array(fileChange),
    }),
  ),
  failed,
  not_derived: z
    .array(
      z.object({
        ref: z.string(),
        reason: z
          .enum(['not_made', 'inputs_unknown'])
          .meta({ description: 'inputs_unknown: no digest is known of what they are made from' }),
        files: z.array(z.string()),
      }),
    )
    .meta({ description: 'derived variants with files that are not pinned, as they were not made here' }),
});

export const outdatedData = z.object({
  lockfile: absolutePath,
  current: z.boolean().meta({ description: 'every part is pinned, and its source has the same bytes' }),
  read_bytes: bytes,
  parts: z.array(
    z.object({
      id: partId,
      kind,
      state: z
        .enum(['current', 'drift', 'stale', 'missing', 'edited'])
        .meta({ description: 'drift: the source has other bytes under a name that is pinned; the others are of the lockfile' }),
      pinned: seenSource.optional(),
      upstream: seenSource.optional(),
      changes: z.array(fileChange),
    }),
  ),
  failed,
});

export const addData = z.object({
  id: z.string().meta({ description: 'name@version' }),
  source: z.string().meta({ description: 'redacted URL' }),
  revision: z.string().optional(),
  family: z.string(),
  type: z.string().optional().meta({ description: 'what the model does, where its source tells' }),
  license: z.string().optional(),
  file_count: count,
  total_bytes: bytes,
  read_bytes: bytes,
  manifest: absolutePath,
  lockfile: absolutePath,
});

export const removeData = z.object({
  manifest: absolutePath,
  lockfile: absolutePath,
  models: z.array(
    z.object({
      id: z.string(),
      entries: z.array(partId).meta({ description: 'entries of the lockfile that went with it' }),
      kept_directory: absolutePath.optional().meta({ description: 'its files, still on this machine' }),
    }),
  ),
  unmounted: z.array(partId).meta({ description: 'components that no model mounts any more' }),
});

export const diffData = z.object({
  from: z.string(),
  to: z.string(),
  same: z.boolean(),
  from_bytes: bytes,
  to_bytes: bytes,
  move_bytes: bytes.meta({ description: 'bytes of `to` whose content is nowhere in `from`' }),
  changes: z.array(fileChange),
});
