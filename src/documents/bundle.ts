/** Documents of `wan models bundle`: one for each of its three actions. */
import { z } from 'zod';
import { absolutePath, bytes, ref } from './envelope.ts';

const count = z.int().min(0);

const moment = z.iso.datetime();
const words = z.array(z.string()).optional();
const object = z.record(z.string(), z.unknown()).optional();

/** As the registry's file has it. */
const entry = z.object({
  ref,
  type: z.string().optional(),
  description: z.string().optional(),
  tags: words,
  capabilities: words,
  requirements: object,
  metadata: object,
  source: z.string().optional(),
  files: z.array(z.object({ path: z.string(), size: bytes, sha256: z.string(), url: z.string().optional() })),
  created_at: moment,
  updated_at: moment,
});

const facts = z.object({
  path: absolutePath,
  checksum: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: 'sha256 of the index, which vouches for every byte of every file: equal means the same bundle' }),
  size_bytes: bytes,
  part_count: z.int().min(1).meta({ description: '1 for a bundle that is one file' }),
  blob_count: count,
  blob_bytes: bytes.meta({ description: "of its files' bytes, each counted once" }),
  models: z.array(z.object({ ref, family: z.string(), file_count: count, total_bytes: bytes })),
});

export const bundleData = z.discriminatedUnion('action', [
  facts.extend({
    action: z.literal('create'),
    written: z.boolean().meta({ description: 'false: the same bundle was there already' }),
    resumed_bytes: bytes.meta({ description: 'what an earlier run that was cut short had written' }),
  }),
  facts.extend({
    action: z.literal('inspect'),
    manifest: z.string().meta({ description: 'TOML, as it was carried here' }),
    lockfile: z.string().optional(),
    registry: z.array(entry).meta({ description: 'models that no manifest has, with what the registry said of them' }),
    signature_path: absolutePath.meta({ description: 'where a detached signature over the index would lie' }),
  }),
  facts.extend({ action: z.literal('verify'), verified_bytes: bytes }),
  facts.extend({
    action: z.literal('apply'),
    adopted_bytes: bytes.meta({ description: 'bytes that came out of the bundle' }),
    present_bytes: bytes.meta({ description: 'bytes that were here before' }),
    applied: z.array(z.object({ ref, path: absolutePath, total_bytes: bytes })),
    manifest: z
      .object({ path: absolutePath, lockfile: absolutePath, added: z.array(z.string()) })
      .optional()
      .meta({ description: 'the manifest that the models were written into, where that was asked for' }),
    registry: z
      .object({ path: absolutePath, added: z.array(z.string()) })
      .optional()
      .meta({ description: 'the registry here, where models that no manifest has were in the bundle' }),
  }),
]);
