/** Documents of vram and load-plan. */
import { z } from 'zod';
import { absolutePath, bytes, ref } from './envelope.ts';

const offload = z.enum(['none', 'model', 'layers']).meta({
  description: 'none: everything on the GPU; model: one component at work at a time; layers: of the transformer only the layers at work',
});

const strategy = z.object({
  offload,
  vae_tiled: z.boolean(),
  text_bytes: bytes.meta({ description: 'peak while the prompt is encoded' }),
  denoise_bytes: bytes,
  decode_bytes: bytes,
  peak_bytes: bytes,
  upper_bytes: bytes.meta({ description: 'the peak with the largest error that the estimate was found to have' }),
  host_bytes: bytes.meta({ description: 'what waits in host memory' }),
  fits: z.enum(['yes', 'tight', 'no']).optional().meta({ description: 'tight: the peak fits, the upper bound does not' }),
});

const memory = z.object({
  tokens: z.int().min(1),
  components: z.array(
    z.object({
      name: z.string(),
      parameters: z.int().min(0).optional(),
      dtype: z.string().optional().meta({ description: 'as it is loaded' }),
      weight_bytes: bytes,
      stored_bytes: bytes,
    }),
  ),
  strategies: z.array(strategy),
});

const video = z.object({
  mode: z.enum(['t2v', 'i2v']),
  width: z.int().min(1),
  height: z.int().min(1),
  frames: z.int().min(1),
  fps: z.number().optional(),
  steps: z.int().optional(),
  guidance_scale: z.number().optional(),
  guidance_scale_2: z.number().optional(),
  shift: z.number().optional(),
});

export const vramData = z.object({
  ref,
  variant: z.string(),
  request: video,
  gpu_bytes: bytes.optional(),
  memory: memory.optional().meta({ description: 'absent where the shape of the transformer is not known' }),
  chosen: strategy.optional().meta({ description: 'the least offloading that fits' }),
  warnings: z.array(z.string()),
});

export const loadPlanData = z.object({
  ref,
  variant: z.string(),
  path: absolutePath,
  complete: z.boolean(),
  library: z.enum(['diffusers', 'native']).meta({ description: 'native: the code of Wan-AI/Wan2.2' }),
  pipeline_class: z.string().optional(),
  components: z.array(
    z.object({
      name: z.string(),
      path: absolutePath.meta({ description: 'its folder, or its one file' }),
      class: z.string().optional().meta({ description: 'as model_index.json has it' }),
      dtype: z.string().optional().meta({ description: 'to load it in; absent: as it is stored' }),
      weight_bytes: bytes,
      mounted_from: z.string().optional(),
      missing: z.array(z.string()),
    }),
  ),
  text_encoder_digest: z.string().optional().meta({
    description: 'sha256 over the files of text encoder and tokenizer: part of the key of text embeddings',
  }),
  request: video,
  defaults: z.record(z.string(), z.unknown()),
  overlays: z.array(
    z.object({
      name: z.string(),
      files: z.array(z.object({ path: absolutePath, applies_to: z.string().optional(), weight: z.number() })),
    }),
  ),
  strategy: strategy.optional(),
  vae: z.object({ tiled: z.boolean(), tile_size: z.int().min(1), tile_stride: z.int().min(1) }),
  memory: memory.optional(),
  warnings: z.array(z.string()),
});
