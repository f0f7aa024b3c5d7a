/** Documents of /models. */
import { z } from 'zod';
import { absolutePath, bytes, proof } from '../../documents/envelope.ts';
import { fault, planResult, statusResult } from '../../documents/models.ts';
import { spaceVerdict } from '../../documents/space.ts';
import { MODEL_STATUSES } from '../../domain/model-kinds.ts';

const count = z.int().min(0);
const moment = z.iso.datetime();

/** A model as lists and older callers know it. */
export const modelEntry = z
  .object({
    id: z.string().meta({ description: 'name@version' }),
    name: z.string(),
    version: z.string(),
    type: z.string().meta({ description: 'text-to-video, text-generation, …; `other` where none is said' }),
    status: z.enum(MODEL_STATUSES),
    assigned_worker: z.null().meta({ description: 'models are not assigned to workers here' }),
    created_at: moment.meta({ description: 'when it became available here; before that, when the manifest was written last' }),
    size: z.string().meta({ description: 'for people' }),
    size_bytes: bytes,
    size_gb: z.number().min(0),
    download_progress: z.number().min(0).max(1),
    description: z.string(),
    family: z.string(),
    variants: z.array(z.string()),
    default_variant: z.string(),
    overlays: z.array(z.string()).meta({ description: 'that can be asked for with `@+name`' }),
    file_count: count,
    state: z.string().meta({ description: 'as `wan models status` tells it; UNKNOWN: not looked at yet' }),
    bytes_needed: bytes,
    proof: proof
      .nullable()
      .meta({ description: 'the weakest: of the files here, else that they can be proven by; null where their list is open' }),
    verified_at: moment.nullable().meta({ description: 'when what is here was proven last' }),
    path: absolutePath.nullable(),
    error_message: z.string().nullable(),
    custom: z.boolean().meta({ description: 'whether no manifest has it: it was registered, or uploaded' }),
    tags: z.array(z.string()),
  })
  .meta({ id: 'Model' });

export const modelList = z.object({
  models: z.array(modelEntry),
  total: count.meta({ description: 'that match, on all pages' }),
  limit: z.int().min(1),
  offset: count,
  page: z.int().min(1),
  page_size: z.int().min(1),
  pages: count,
  complete: z.boolean().meta({ description: 'false: there was no time to look at every model' }),
});

export const modelDetails = modelEntry.extend({
  updated_at: moment,
  last_used: z.null(),
  variant: z.string(),
  capabilities: z.array(z.string()).meta({ description: 'as noted; else the modes of its pipeline' }),
  requirements: z.record(z.string(), z.unknown()).meta({ description: 'memory, as its author says' }),
  metadata: z.record(z.string(), z.unknown()),
  components: z.array(z.string()),
  required_components: z.array(z.string()),
  optional_components: z.array(z.string()),
  sources: z.array(z.string()).meta({ description: 'redacted URLs, best first' }),
  spec_digest: z.string().meta({ description: 'of all that decides its bytes; empty: there are none yet' }),
  deleted_at: moment.nullable(),
});

export const modelFiles = z.object({
  model_id: z.string(),
  variant: z.string(),
  path: absolutePath,
  files: z.array(
    z.object({
      path: z.string(),
      component: z.string().nullable(),
      size_bytes: bytes,
      sha256: z.string().nullable(),
      proof,
      optional: z.boolean(),
      state: z.enum(['proven', ...fault.options]).meta({ description: 'proven: here, and as it must be' }),
      url: z.string().meta({ description: 'where its bytes are, once it is proven' }),
    }),
  ),
  total: count,
  total_bytes: bytes,
});

export const modelProgress = statusResult.omit({ ok: true }).extend({
  model_id: z.string(),
  status: z.enum(MODEL_STATUSES),
  progress_percent: z.number().min(0).max(100),
  downloaded_mb: z.number().min(0),
  total_mb: z.number().min(0),
});

export const modelPlan = planResult.extend({ space: spaceVerdict });

export const statistics = z.object({
  total_models: count,
  by_status: z.partialRecord(z.enum(MODEL_STATUSES), count),
  by_type: z.record(z.string(), count),
  by_family: z.record(z.string(), count),
  total_bytes: bytes.meta({ description: 'of all default variants, whatever they share' }),
  available_bytes: bytes.meta({ description: 'of those that are available' }),
  bytes_needed: bytes.meta({ description: 'to make the others available' }),
  complete: z.boolean().meta({ description: 'false: there was no time to look at every model' }),
});
