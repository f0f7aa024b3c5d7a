/** Documents of /health. */
import { z } from 'zod';
import { absolutePath, bytes, errorCode, errorObject, proof } from '../../documents/envelope.ts';
import { fault, sourcesResult, statusResult } from '../../documents/models.ts';
import { smokeNote } from '../../documents/smoke.ts';
import { tierState } from '../../documents/tier.ts';
import { HEALTH } from '../../domain/health.ts';
import { ModelState } from '../../domain/status.ts';

const health = z.enum(HEALTH).meta({
  description: 'degraded: something is not here, or could not be looked at; error: something is here and wrong, or cannot be told',
});
const timestamp = z.iso.datetime();
const count = z.int().min(0);

export const serviceHealth = z.object({
  status: health,
  service: z.literal('wan-models'),
  version: z.string(),
  timestamp,
  uptime_seconds: z.number().min(0),
  total_models: count,
  error_code: errorCode
    .optional()
    .meta({ description: 'why the manifest cannot be read; /health/models has the whole of it. FILESYSTEM_ERROR: or not in time' }),
  unresponsive_seconds: z
    .number()
    .min(0)
    .optional()
    .meta({ description: 'for how long no file system answers: a mount hangs, and all but health and metrics gets 503 until it does' }),
});

export const modelHealth = z.object({
  model_id: z.string(),
  variant: z.string(),
  health,
  status: z
    .enum([...Object.values(ModelState), 'ERROR', 'UNKNOWN'])
    .meta({ description: 'ERROR: it cannot be told, `error` says why; UNKNOWN: there was no time to look at it yet' }),
  local_path: absolutePath.nullable(),
  missing_files: z.array(z.string()),
  faulty_files: z.array(z.object({ path: z.string(), fault, size_bytes: bytes })),
  bytes_needed: bytes,
  bytes_held: bytes,
  last_verified: z.iso.datetime().nullable(),
  smoke: smokeNote.optional().meta({ description: 'the last smoke test of these very files; `failed` makes the health `error`' }),
  error_message: z.string().nullable(),
  error: errorObject.optional(),
  looked_at: timestamp.nullable().meta({ description: 'null: not yet' }),
});

export const modelsHealth = z.object({
  status: health,
  timestamp,
  dry_run: z.literal(true).meta({ description: 'to ask changes nothing, whatever is asked for' }),
  complete: z
    .boolean()
    .meta({ description: 'false: there was no time for all; those that are left are UNKNOWN, or as they were at `looked_at`' }),
  models: z.record(z.string(), modelHealth),
  total_models: count,
  healthy_models: count,
  missing_models: count,
  partial_models: count,
  corrupt_models: count,
  error_models: count,
  unknown_models: count,
  total_bytes_needed: bytes,
  response_time_ms: z.number().min(0),
  correlation_id: z.string(),
});

const component = z.object({
  component: z.string().nullable().meta({ description: 'null: files of none' }),
  required: z.boolean(),
  file_count: count,
  total_bytes: bytes,
  missing_files: z.array(z.string()),
  faulty_files: z.array(z.string()),
  complete: z.boolean(),
});

export const oneModelHealth = modelHealth.extend({
  timestamp,
  correlation_id: z.string(),
  status_detail: statusResult.nullable().meta({ description: 'as `wan models status` tells it; null where it cannot be told' }),
  components: z.array(component),
  files: z.array(
    z.object({
      path: z.string(),
      component: z.string().nullable(),
      expected_size: bytes,
      proof,
      exists: z.boolean(),
      fault: fault.nullable(),
    }),
  ),
  sources: sourcesResult.shape.sources.optional().meta({ description: 'only with `probe=true`' }),
});

const notInTime = z.array(z.string()).meta({ description: 'parts for which there was no time' });

export const storageHealth = z.object({
  status: health,
  timestamp,
  root: absolutePath.nullable(),
  disk: z
    .object({
      total_bytes: bytes,
      used_bytes: bytes,
      free_bytes: bytes,
      usage_percentage: z.number().min(0).max(100),
      models_bytes: bytes.meta({ description: 'what lies under MODELS_ROOT takes on disk' }),
      reclaimable_bytes: bytes.meta({ description: 'trash, quarantine, and what no model counts on' }),
    })
    .nullable(),
  quotas: z.array(z.object({ scope: z.enum(['total', 'family']), family: z.string().optional(), quota_bytes: bytes, used_bytes: bytes })),
  tiers: z.array(tierState),
  backends: z.array(
    z.object({
      source: z.string().meta({ description: 'redacted URL' }),
      scheme: z.string(),
      host: z.string().optional(),
      models: count.meta({ description: 'that name it' }),
      available: z.boolean().meta({ description: 'whether it could be asked; whether it answers is told with `probe=true` of a model' }),
      failures: count.meta({ description: 'remembered against it' }),
      error: errorObject.optional(),
    }),
  ),
  not_looked: notInTime,
  errors: z.array(z.object({ part: z.string(), error: errorObject })),
  response_time_ms: z.number().min(0),
  correlation_id: z.string(),
});
