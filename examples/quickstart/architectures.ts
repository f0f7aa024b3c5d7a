/**
 * The tensors of WAN2.2 in miniature: names, ranks and element types as in the released diffusers checkpoints
 * (WanTransformer3DModel, UMT5EncoderModel, AutoencoderKLWan), only thinner and with fewer layers.
 */
import type { TensorPlan } from '../../src/formats/safetensors-writer.ts';
import type { WeightType } from './random-bytes.ts';

export interface TransformerSize {
  readonly heads: number;
  readonly headDim: number;
  readonly ffnDim: number;
  readonly layers: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

export const TEXT_DIM = 128;
export const FREQ_DIM = 64;
export const PATCH = [1, 2, 2] as const;

export const TEXT_ENCODER = { vocab: 8192, dim: TEXT_DIM, ffnDim: 320, heads: 4, headDim: 32, layers: 24, buckets: 32 } as const;

export function transformerTensors({ heads, headDim, ffnDim, layers, inChannels, outChannels }: TransformerSize): TensorPlan[] {
  const dim = heads * headDim;
  return f32([
    ['patch_embedding.weight', [dim, inChannels, ...PATCH]],
    ['patch_embedding.bias', [dim]],
    ...linear('condition_embedder.text_embedder.linear_1', TEXT_DIM, dim),
    ...linear('condition_embedder.text_embedder.linear_2', dim, dim),
    ...linear('condition_embedder.time_embedder.linear_1', FREQ_DIM, dim),
    ...linear('condition_embedder.time_embedder.linear_2', dim, dim),
    ...linear('condition_embedder.time_proj', dim, 6 * dim),
    ...range(layers).flatMap((layer) => transformerBlock(`blocks.${layer}`, dim, ffnDim)),
    ['scale_shift_table', [1, 2, dim]],
    ...linear('proj_out', dim, outChannels * PATCH[0] * PATCH[1] * PATCH[2]),
  ]);
}

function transformerBlock(name: string, dim: number, ffnDim: number): Shape[] {
  return [
    [`${name}.scale_shift_table`, [1, 6, dim]],
    ...['attn1', 'attn2'].flatMap((attention) => [
      ...['to_q', 'to_k', 'to_v', 'to_out.0'].flatMap((part) => linear(`${name}.${attention}.${part}`, dim, dim)),
      ...['norm_q', 'norm_k'].map((norm): Shape => [`${name}.${attention}.${norm}.weight`, [dim]]),
    ]),
    [`${name}.norm2.weight`, [dim]],
    [`${name}.norm2.bias`, [dim]],
    ...linear(`${name}.ffn.net.0.proj`, dim, ffnDim),
    ...linear(`${name}.ffn.net.2`, ffnDim, dim),
  ];
}

/** A LoRA of the transformer: for each linear layer of its blocks one matrix down to `rank` and one back up, named as diffusers does. */
export function loraTensors({ heads, headDim, ffnDim, layers }: TransformerSize, rank: number): TensorPlan[] {
  const dim = heads * headDim;
  const pair = (name: string, from: number, to: number): Shape[] => [
    [`transformer.${name}.lora_A.weight`, [rank, from]],
    [`transformer.${name}.lora_B.weight`, [to, rank]],
  ];
  return f32(
    range(layers).flatMap((layer) => [
      ...['attn1', 'attn2'].flatMap((attention) =>
        ['to_q', 'to_k', 'to_v', 'to_out.0'].flatMap((part) => pair(`blocks.${layer}.${attention}.${part}`, dim, dim)),
      ),
      ...pair(`blocks.${layer}.ffn.net.0.proj`, dim, ffnDim),
      ...pair(`blocks.${layer}.ffn.net.2`, ffnDim, dim),
    ]),
  );
}

export function textEncoderTensors(): TensorPlan[] {
  const { vocab, dim, ffnDim, heads, headDim, layers, buckets } = TEXT_ENCODER;
  const inner = heads * headDim;
  const block = (layer: number): Shape[] => {
    const attention = `encoder.block.${layer}.layer.0`;
    const ffn = `encoder.block.${layer}.layer.1`;
    return [
      ...['q', 'k', 'v'].map((part): Shape => [`${attention}.SelfAttention.${part}.weight`, [inner, dim]]),
      [`${attention}.SelfAttention.o.weight`, [dim, inner]],
      [`${attention}.SelfAttention.relative_attention_bias.weight`, [buckets, heads]],
      [`${attention}.layer_norm.weight`, [dim]],
      [`${ffn}.DenseReluDense.wi_0.weight`, [ffnDim, dim]],
      [`${ffn}.DenseReluDense.wi_1.weight`, [ffnDim, dim]],
      [`${ffn}.DenseReluDense.wo.weight`, [dim, ffnDim]],
      [`${ffn}.layer_norm.weight`, [dim]],
    ];
  };
  return bf16([['shared.weight', [vocab, dim]], ...range(layers).flatMap(block), ['encoder.final_layer_norm.weight', [dim]]]);
}

export interface VaeSize {
  readonly baseDim: number;
  readonly latentChannels: number;
  readonly imageChannels: number;
}

export function vaeTensors({ baseDim, latentChannels, imageChannels }: VaeSize): TensorPlan[] {
  const inner = 4 * baseDim;
  return f32([
    ...conv('encoder.conv_in', imageChannels, baseDim, 3),
    ...range(4).flatMap((stage) => resnet(`encoder.down_blocks.${stage}`, stage === 0 ? baseDim : baseDim * 2, baseDim * 2)),
    ...resnet('encoder.mid_block.resnets.0', baseDim * 2, inner),
    ...resnet('encoder.mid_block.resnets.1', inner, inner),
    ['encoder.norm_out.gamma', [inner, 1, 1, 1]],
    ...conv('encoder.conv_out', inner, 2 * latentChannels, 3),
    ...conv('quant_conv', 2 * latentChannels, 2 * latentChannels, 1),
    ...conv('post_quant_conv', latentChannels, latentChannels, 1),
    ...conv('decoder.conv_in', latentChannels, inner, 3),
    ...resnet('decoder.mid_block.resnets.0', inner, inner),
    ...range(4).flatMap((stage) => resnet(`decoder.up_blocks.${stage}.resnets.0`, stage === 0 ? inner : baseDim * 2, baseDim * 2)),
    ['decoder.norm_out.gamma', [baseDim * 2, 1, 1, 1]],
    ...conv('decoder.conv_out', baseDim * 2, imageChannels, 3),
  ]);
}

const resnet = (name: string, from: number, to: number): Shape[] => [
  [`${name}.norm1.gamma`, [from, 1, 1, 1]],
  ...conv(`${name}.conv1`, from, to, 3),
  [`${name}.norm2.gamma`, [to, 1, 1, 1]],
  ...conv(`${name}.conv2`, to, to, 3),
  ...(from === to ? [] : conv(`${name}.conv_shortcut`, from, to, 1)),
];

type Shape = readonly [name: string, shape: readonly number[]];

const linear = (name: string, from: number, to: number): Shape[] => [
  [`${name}.weight`, [to, from]],
  [`${name}.bias`, [to]],
];

const conv = (name: string, from: number, to: number, kernel: number): Shape[] => [
  [`${name}.weight`, [to, from, kernel, kernel, kernel]],
  [`${name}.bias`, [to]],
];

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const typed =
  (dtype: WeightType) =>
  (shapes: readonly Shape[]): TensorPlan[] =>
    shapes.map(([name, shape]) => ({ name, dtype, shape }));
const f32 = typed('F32');
const bf16 = typed('BF16');
