/**
 * The --json documents as schemas, from which the published schemas/*.json and the service's OpenAPI document are made. The command never
 * loads them: at run time the types alone keep its output honest (src/wire/).
 */
import { z } from 'zod';
import { ErrorCode } from '../domain/errors.ts';
import { PROOF_LEVELS } from '../domain/proof.ts';

export const errorCode = z.enum(ErrorCode);
export const proof = z.enum(PROOF_LEVELS);
/** Where a source said what a file's bytes must hash to. */
export const upstream = z
  .object({
    digest: z.string().regex(/^(?:sha256|git-sha1|md5):[0-9a-f]+$/),
    source: z.string().meta({ description: 'redacted URL of the source that published it' }),
  })
  .meta({ description: 'only at the levels upstream-sha256 and etag' });
export const bytes = z.int().min(0);
export const ref = z.string().meta({ description: 'name@version, with @variant where it is not the default one' });
export const absolutePath = z.string().min(1);

const attempt = z.object({
  source: z.string().meta({ description: 'redacted URL' }),
  file: z.string().optional(),
  code: errorCode,
  message: z.string(),
  times: z.int().min(2).optional().meta({ description: 'how often it failed in just this way; absent: once' }),
});

const reason = z
  .string()
  .regex(/^[a-z0-9_]+$/)
  .optional()
  .meta({ description: 'a stable finer word than the code' });

/** A source that failed, or stalled, and was left for others. */
export const sourceTrouble = z.object({
  source: z.string().meta({ description: 'redacted URL' }),
  code: errorCode,
  reason,
  times: z.int().min(1).meta({ description: 'how often it failed in just this way' }),
  message: z.string().meta({ description: 'as it was said last' }),
});

export const errorObject = z.object({
  code: errorCode,
  reason,
  message: z.string(),
  hint: z.string().meta({ description: 'the next step' }),
  retryable: z.boolean(),
  attempts: z.array(attempt),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** A ref for which the verb failed while it went on with the others. */
export const failedRef = z.object({ ref, ok: z.literal(false), error: errorObject });

const correlationId = z.string().optional().meta({ description: 'under which log, events and audit log tell of it' });

/** What `wan <verb> --json` prints: `ok` says whether the verb did what it was asked to. */
export const envelope = <Schema extends string, Data extends z.ZodType>(schema: Schema, data: Data) =>
  z.discriminatedUnion('ok', [
    z.object({ schema: z.literal(schema), ok: z.literal(true), data }),
    z.object({ schema: z.literal(schema), ok: z.literal(false), correlation_id: correlationId, error: errorObject, data: data.optional() }),
  ]);
