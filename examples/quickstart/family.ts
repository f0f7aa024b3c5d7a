/**
 * The miniature WAN2.2 family, in the layout of the released diffusers repositories: three models, and the parts that
 * they share. Structure and settings are the real ones; only the dimensions are small.
 */
import {
  FREQ_DIM,
  loraTensors,
  PATCH,
  TEXT_DIM,
  TEXT_ENCODER,
  type TransformerSize,
  textEncoderTensors,
  transformerTensors,
  vaeTensors,
} from './architectures.ts';
import { json, type ModelFile, shardedWeights, singleWeights } from './model-files.ts';
import { tokenizerFiles } from './tokenizer.ts';

export const VERSION = '2.2.0';

export interface Bundle {
  readonly name: string;
  readonly description: string;
  readonly files: readonly ModelFile[];
}

export interface Model extends Bundle {
  readonly type: string;
  readonly pipelineClass: string;
  readonly resolutionCaps: readonly string[];
  /** Folder of the model -> name of the component that is mounted there. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly defaults: Readonly<Record<string, number>>;
  readonly overlays?: readonly Overlay[];
}

/** A LoRA: a pair for the two experts of one base family. */
export interface Overlay extends Bundle {
  readonly baseFamily: string;
  readonly defaults: Readonly<Record<string, number>>;
}

const A14B = { heads: 4, headDim: 32, ffnDim: 384, layers: 7, outChannels: 16 };
const T2V: TransformerSize = { ...A14B, inChannels: 16 };
const I2V: TransformerSize = { ...A14B, inChannels: 36 };
const TI2V: TransformerSize = { heads: 3, headDim: 32, ffnDim: 448, layers: 10, inChannels: 48, outChannels: 48 };

export function components(): Bundle[] {
  const { vocab, dim, ffnDim, heads, headDim, layers, buckets } = TEXT_ENCODER;
  return [
    {
      name: 'umt5-xxl-mini',
      description: 'umt5-xxl text encoder, in miniature: one copy for the whole family',
      files: [
        json('config.json', {
          architectures: ['UMT5EncoderModel'],
          d_ff: ffnDim,
          d_kv: headDim,
          d_model: dim,
          feed_forward_proj: 'gated-gelu',
          is_encoder_decoder: true,
          model_type: 'umt5',
          num_heads: heads,
          num_layers: layers,
          relative_attention_num_buckets: buckets,
          torch_dtype: 'bfloat16',
          vocab_size: vocab,
        }),
        ...shardedWeights({ stem: 'model', seed: 'umt5-xxl-mini', tensors: textEncoderTensors(), shards: 3 }),
      ],
    },
    {
      name: 'umt5-tokenizer-mini',
      description: 'its tokenizer',
      files: Object.entries(tokenizerFiles()).map(([path, content]) => json(path, content)),
    },
    {
      name: 'wan21-vae-mini',
      description: 'Wan2.1 VAE, in miniature: shared by both A14B models',
      files: vaeFiles('', { seed: 'wan21-vae-mini', baseDim: 16, latentChannels: 16, imageChannels: 3, spatial: 8 }),
    },
  ];
}

export function models(): Model[] {
  const shared = { text_encoder: 'umt5-xxl-mini', tokenizer: 'umt5-tokenizer-mini' };
  return [
    {
      name: 't2v-A14B-mini',
      description: 'WAN2.2 text-to-video A14B, in miniature',
      type: 'text-to-video',
      pipelineClass: 'WanPipeline',
      resolutionCaps: ['480p16', '720p16'],
      mounts: { ...shared, vae: 'wan21-vae-mini' },
      defaults: { fps: 16, frames: 81, steps: 40, guidance_scale: 4, shift: 12 },
      overlays: [lightning()],
      files: [
        modelIndex('WanPipeline', { boundary_ratio: 0.875, expand_timesteps: false, experts: 2 }),
        scheduler(3),
        ...transformer('transformer', 't2v high noise', T2V, 12),
        ...transformer('transformer_2', 't2v low noise', T2V, 12),
      ],
    },
    {
      name: 'i2v-A14B-mini',
      description: 'WAN2.2 image-to-video A14B, in miniature',
      type: 'image-to-video',
      pipelineClass: 'WanImageToVideoPipeline',
      resolutionCaps: ['480p16', '720p16'],
      mounts: { ...shared, vae: 'wan21-vae-mini' },
      defaults: { fps: 16, frames: 81, steps: 40, guidance_scale: 3.5, shift: 5 },
      files: [
        modelIndex('WanImageToVideoPipeline', { boundary_ratio: 0.9, expand_timesteps: false, experts: 2 }),
        scheduler(3),
        ...transformer('transformer', 'i2v high noise', I2V, 12),
        ...transformer('transformer_2', 'i2v low noise', I2V, 12),
      ],
    },
    {
      name: 'ti2v-5B-mini',
      description: 'WAN2.2 text-and-image-to-video 5B, in miniature',
      type: 'text-image-to-video',
      pipelineClass: 'WanPipeline',
      resolutionCaps: ['720p24'],
      mounts: shared,
      defaults: { fps: 24, frames: 121, steps: 50, guidance_scale: 5, shift: 5 },
      files: [
        modelIndex('WanPipeline', { boundary_ratio: null, expand_timesteps: true, experts: 1 }),
        scheduler(5),
        ...transformer('transformer', 'ti2v', TI2V, 5),
        ...vaeFiles('vae/', { seed: 'wan22-vae-mini', baseDim: 16, latentChannels: 48, imageChannels: 12, spatial: 16 }),
      ],
    },
  ];
}

/** As the Lightning LoRAs are used: 4 steps, no guidance, shift 5. */
function lightning(): Overlay {
  const weights = (expert: 'high' | 'low', appliesTo: string): ModelFile => ({
    ...singleWeights(`loras/lightning-4steps/${expert}_noise_model.safetensors`, `t2v lightning ${expert} noise`, loraTensors(T2V, 4)),
    appliesTo,
  });
  return {
    name: 'lightning-4steps',
    description: 'a LoRA for 4 steps instead of 40, in miniature',
    baseFamily: 't2v-A14B-mini',
    defaults: { steps: 4, guidance_scale: 1, shift: 5 },
    files: [weights('high', 'transformer'), weights('low', 'transformer_2')],
  };
}

function modelIndex(
  pipelineClass: string,
  { experts, ...settings }: { boundary_ratio: number | null; expand_timesteps: boolean; experts: 1 | 2 },
): ModelFile {
  return json('model_index.json', {
    _class_name: pipelineClass,
    _diffusers_version: '0.35.0.dev0',
    ...settings,
    scheduler: ['diffusers', 'UniPCMultistepScheduler'],
    text_encoder: ['transformers', 'UMT5EncoderModel'],
    tokenizer: ['transformers', 'T5TokenizerFast'],
    transformer: ['diffusers', 'WanTransformer3DModel'],
    transformer_2: experts === 2 ? ['diffusers', 'WanTransformer3DModel'] : [null, null],
    vae: ['diffusers', 'AutoencoderKLWan'],
  });
}

const scheduler = (flowShift: number): ModelFile => ({
  ...json('scheduler/scheduler_config.json', {
    _class_name: 'UniPCMultistepScheduler',
    beta_end: 0.02,
    beta_start: 0.0001,
    flow_shift: flowShift,
    num_train_timesteps: 1000,
    prediction_type: 'flow_prediction',
    solver_order: 2,
    solver_type: 'bh2',
    use_flow_sigmas: true,
  }),
  component: 'scheduler',
});

function transformer(folder: 'transformer' | 'transformer_2', seed: string, size: TransformerSize, shards: number): ModelFile[] {
  const config = {
    _class_name: 'WanTransformer3DModel',
    attention_head_dim: size.headDim,
    cross_attn_norm: true,
    eps: 0.000001,
    ffn_dim: size.ffnDim,
    freq_dim: FREQ_DIM,
    in_channels: size.inChannels,
    num_attention_heads: size.heads,
    num_layers: size.layers,
    out_channels: size.outChannels,
    patch_size: PATCH,
    qk_norm: 'rms_norm_across_heads',
    rope_max_seq_len: 1024,
    text_dim: TEXT_DIM,
  };
  return [
    json(`${folder}/config.json`, config),
    ...shardedWeights({ stem: `${folder}/diffusion_pytorch_model`, seed, tensors: transformerTensors(size), shards }),
  ].map((file) => ({ ...file, component: folder }));
}

interface VaeSettings {
  readonly seed: string;
  readonly baseDim: number;
  readonly latentChannels: number;
  readonly imageChannels: number;
  readonly spatial: number;
}

function vaeFiles(folder: '' | 'vae/', { seed, baseDim, latentChannels, imageChannels, spatial }: VaeSettings): ModelFile[] {
  const config = {
    _class_name: 'AutoencoderKLWan',
    base_dim: baseDim,
    in_channels: imageChannels,
    out_channels: imageChannels,
    scale_factor_spatial: spatial,
    scale_factor_temporal: 4,
    z_dim: latentChannels,
  };
  const weights = singleWeights(
    `${folder}diffusion_pytorch_model.safetensors`,
    seed,
    vaeTensors({ baseDim, latentChannels, imageChannels }),
  );
  return [json(`${folder}config.json`, config), weights].map((file) => (folder === '' ? file : { ...file, component: 'vae' }));
}
