/** Documents of smoke, and what status says of it. */
import { z } from 'zod';
import { absolutePath, bytes, ref } from './envelope.ts';

const seconds = z.number().min(0);
const verdict = z
  .enum(['passed', 'failed', 'unknown'])
  .meta({ description: 'failed: the model is at fault; unknown: packages, a device, memory or time were missing to tell' });
const device = z.enum(['cuda', 'cpu']);
const mode = z.enum(['t2v', 'i2v']);
const versions = z.record(z.string(), z.string()).meta({ description: 'of torch, diffusers and transformers' });

export const smokeNote = z.object({
  verdict,
  error: z.object({ code: z.string(), reason: z.string().optional(), message: z.string() }).optional(),
  at: z.iso.datetime().meta({ description: 'when it ended' }),
  duration_seconds: seconds,
  device,
  device_name: z.string().optional(),
  versions,
  modes: z.array(mode).meta({ description: 'of the clips that came out' }),
  load_seconds: seconds.optional(),
  step_seconds: seconds.optional().meta({ description: 'median' }),
  host_peak_bytes: bytes.optional(),
  gpu_peak_bytes: bytes.optional(),
});

const clip = z.object({
  mode,
  pipeline_class: z.string(),
  width: z.int().min(1),
  height: z.int().min(1),
  frames: z.int().min(1),
  steps: z.int().min(1),
  experts: z.array(z.string()).meta({ description: 'transformers that were at work' }),
  encode_seconds: seconds.meta({ description: 'from the call to the first step: prompt, and image' }),
  step_seconds: z.array(seconds),
  decode_seconds: seconds,
  output: z.object({
    shape: z.array(z.int().min(1)).meta({ description: 'frames, rows, columns, channels' }),
    min: z.number().meta({ description: 'of all pixels, from 0 to 1' }),
    max: z.number(),
    std: z.number(),
  }),
});

export const smokeData = z.object({
  ref,
  variant: z.string(),
  path: absolutePath,
  verdict,
  started_at: z.iso.datetime(),
  duration_seconds: seconds,
  python: z.object({
    command: z.string(),
    origin: z.string().meta({ description: 'who named it: --python, WAN_PYTHON, a file, PATH' }),
    executable: z.string().optional(),
    version: z.string().optional(),
  }),
  versions,
  device,
  device_name: z.string().optional().meta({ description: 'of the GPU' }),
  offload: z.enum(['none', 'model', 'layers']),
  load_seconds: seconds.optional(),
  load_seconds_of: z.record(z.string(), seconds).optional().meta({ description: 'by component; `pipeline` is what is left' }),
  check_seconds: seconds.optional().meta({ description: 'to look at every weight' }),
  clips: z.array(clip),
  memory: z.object({
    host_peak_bytes: bytes.optional().meta({ description: 'what the kernel could not have taken back: anonymous, shared, swapped' }),
    host_peak_rss_bytes: bytes.optional().meta({ description: 'with mapped files' }),
    gpu_peak_allocated_bytes: bytes.optional(),
    gpu_peak_reserved_bytes: bytes.optional(),
  }),
  limits: z.object({ timeout_seconds: seconds, memory_bytes: bytes.optional() }),
  warnings: z.array(z.string()),
});
