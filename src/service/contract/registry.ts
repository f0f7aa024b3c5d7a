/** What is said of models over HTTP: who registers one, or changes what is noted of it. Values are judged where they are kept. */
import { z } from 'zod';
import { MODEL_TYPES } from '../../domain/model-kinds.ts';
import { UPLOAD_LIMITS } from '../../domain/uploads.ts';

const table = z.record(z.string(), z.unknown());
const text = z.string().max(16_384);
const word = z.string().max(256);

export const digest = z.string().regex(/^[0-9a-fA-F]{64}$/, 'is not 64 hex digits');
/** Strict: a digest that nobody reads would prove nothing. */
export const fileAtUrl = z.strictObject({
  path: z.string().min(1).max(4096),
  url: text.meta({ description: 'http:// or https://, without a secret; fetched when the model is downloaded' }),
  size: z.int().min(0),
  sha256: digest.meta({ description: 'what its bytes must be' }),
});

const fields = {
  type: word.meta({ description: `one of ${MODEL_TYPES.join(', ')}` }),
  description: text,
  tags: z.array(z.string()).max(1000),
  capabilities: z.array(z.string()).max(1000),
  requirements: table,
  metadata: table,
};

const nullable = <Schema extends z.ZodType>(schema: Schema) => schema.nullable().optional();

export const entryFields = {
  type: nullable(fields.type),
  description: nullable(fields.description),
  tags: nullable(fields.tags),
  capabilities: nullable(fields.capabilities),
  requirements: nullable(fields.requirements),
  metadata: nullable(fields.metadata),
};

/** Older callers name more than is kept: status and size are what is here, whatever anybody says. Null says as little as nothing. */
export const registration = z.looseObject({
  ...entryFields,
  model_type: nullable(word).meta({ description: 'as `type`' }),
  id: nullable(word).meta({ description: 'name@version' }),
  model_id: nullable(word).meta({ description: 'as `id`' }),
  name: nullable(word).meta({ description: 'instead of an id; what no name may hold becomes `-`' }),
  version: nullable(word).meta({ description: 'beside `name`; default 1.0.0' }),
  path: nullable(text).meta({ description: 'refused: the service reads no files for callers' }),
  files: nullable(z.array(fileAtUrl).min(1).max(UPLOAD_LIMITS.files)).meta({ description: 'where its bytes are to be had' }),
  url: nullable(text).meta({
    description:
      'hf://org/name[@revision] or its page, for a repository of the Hub; else of the only file, with `size` and `sha256`: without them nothing would prove its bytes',
  }),
  size: z.unknown().optional().meta({ description: 'of the file at `url`, in bytes' }),
  sha256: z.unknown().optional().meta({ description: 'of the file at `url`' }),
});

/** A field that is null is taken away. */
export const changedFields = z.strictObject(entryFields);

export const changeHeaders = z.object({
  'if-match': z.string().max(1024).optional().meta({ description: 'the ETag of what was looked at: 412 where somebody changed it since' }),
});
