/** What a caller asks for, from a command line or over HTTP -> a request that can go on record. */
import { z } from 'zod';
import { ModelError } from '../domain/errors.ts';
import type { JobRequest } from '../domain/jobs.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { ModelOrchestrator } from '../orchestrator/api.ts';

const text = z.string().min(1).max(500);
const texts = z.array(text).max(100);
const bytes = z.int().min(0);

/** Which model directory: `variant` and `overlays` stand instead of those in the reference. */
const target = { model: text, variant: text.optional(), overlays: texts.optional() };

/** Strict: a key that nobody knows is a mistake of the caller, and might have been meant to hold something back. */
export const jobRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ensure'),
    ...target,
    components: texts.optional(),
    include: texts.optional(),
    exclude: texts.optional(),
    force: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('verify'), ...target, deep: z.boolean().optional() }),
  z.strictObject({ kind: z.literal('repair'), ...target }),
  z.strictObject({
    kind: z.literal('gc'),
    older_than_ms: bytes.optional(),
    max_size_bytes: bytes.optional(),
    free_bytes: bytes.optional(),
    keep_last: z.int().min(1).optional(),
    family: text.optional(),
    purge: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('scrub'), max_age_ms: bytes.optional() }),
  z.strictObject({ kind: z.literal('lock'), models: texts.default([]), update: z.boolean().optional() }),
]);

export type AskedJob = z.input<typeof jobRequestSchema>;

export interface ResolvedRequest {
  /** References are canonical, keys that say nothing are gone: what is asked twice looks the same twice. */
  readonly request: JobRequest;
  /** "ensure t2v-A14B@2.2.0" */
  readonly label: string;
}

/** @throws ModelError INVALID_INPUT, INVALID_MODEL_ID, MODEL_NOT_FOUND, VARIANT_NOT_FOUND: before anything is queued */
export async function resolveRequest(asked: unknown, orchestrator: Pick<ModelOrchestrator, 'show'>): Promise<ResolvedRequest> {
  const parsed = jobRequestSchema.safeParse(asked);
  if (!parsed.success) throw invalid(parsed.error);
  const { kind } = parsed.data;
  if (kind === 'gc' || kind === 'scrub') return { request: withoutGaps(parsed.data), label: kind };
  const refOf = async (model: string, place: Parameters<ModelOrchestrator['show']>[1] = {}): Promise<string> =>
    formatRef((await orchestrator.show(model, place)).ref);
  if (kind === 'lock') {
    const models: string[] = [];
    for (const model of parsed.data.models) models.push(await refOf(model));
    return { request: withoutGaps({ ...parsed.data, models }), label: `lock ${models.join(' ') || 'all models'}` };
  }
  const { model, variant, overlays, ...rest } = parsed.data;
  const ref = await refOf(model, { ...(variant !== undefined && { variant }), ...(overlays !== undefined && { overlays }) });
  return { request: withoutGaps({ ...rest, model: ref }), label: `${kind} ${ref}` };
}

const withoutGaps = (request: JobRequest): JobRequest =>
  Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as unknown as JobRequest;

function invalid({ issues }: z.ZodError): ModelError {
  const problems = issues.map(({ path, message }) => `${path.join('.') || 'the request'}: ${message}`);
  return new ModelError('INVALID_INPUT', `the job cannot be understood: ${problems.join('; ')}`, {
    reason: 'job_request',
    details: { problems },
  });
}
