/** What is said of models over HTTP: who registers one, or changes what is noted of it. Values are judged where they are kept. */
import { z } from 'zod';
import { MODEL_TYPES } from '../../domain/model-kinds.ts';

const table = z.record(z.string(), z.unknown());
const text = z.string().max(16_384);
const word = z.string().max(256);

const fields = {
  type: word.meta({ description: `one of ${MODEL_TYPES.join(', ')}` }),
  description: text,
  tags: z.array(z.string()).max(1000),
  capabilities: z.array(z.string()).max(1000),
  requirements: table,
  metadata: table,
};

const optional = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).partial().shape;

export const entryFields = optional(fields);

/** Older callers name more than is kept: status and size are what is here, whatever anybody says. */
export const registration = z.looseObject({
  ...entryFields,
  model_type: word.optional().meta({ description: 'as `type`' }),
  id: word.optional().meta({ description: 'name@version' }),
  model_id: word.optional().meta({ description: 'as `id`' }),
  name: word.optional().meta({ description: 'instead of an id; what no name may hold becomes `-`' }),
  version: word.optional().meta({ description: 'beside `name`; default 1.0.0' }),
  path: text.optional().meta({ description: 'refused: the service reads no files for callers' }),
  url: text.optional().meta({ description: 'refused: bytes are uploaded, or come from sources of the manifest' }),
});

const nullable = <Schema extends z.ZodType>(schema: Schema) => schema.nullable().optional();

/** A field that is null is taken away. */
export const changedFields = z.strictObject({
  type: nullable(fields.type),
  description: nullable(fields.description),
  tags: nullable(fields.tags),
  capabilities: nullable(fields.capabilities),
  requirements: nullable(fields.requirements),
  metadata: nullable(fields.metadata),
});

export const changeHeaders = z.object({
  'if-match': z.string().max(1024).optional().meta({ description: 'the ETag of what was looked at: 412 where somebody changed it since' }),
});
