/**
 * GPU and host memory of one video. Pure.
 *
 * Weights are counted: parameters times the size of the number format that they are loaded in. What the denoiser needs beside
 * them is ACTIVATION_BYTES for each latent token and channel of the transformer. That one number is fitted, on the two peaks at
 * 480P that the authors published (41.3 and 41.0 GB, one H100, one expert at a time, BF16, VAE beside it in F32); it predicts
 * their four figures at 720P with an error of at most 18 % (docs/pipeline.md has the table, the tests hold it).
 *
 * Decoding is counted from the VAE's layers: its widest feature maps at full size, for the frames that come out of one latent.
 */
import type { MemoryComponent, MemoryEstimate, OffloadStrategy, StrategyEstimate } from '../domain/memory-estimate.ts';
import type { ResolvedRequest } from '../domain/video-request.ts';
import { PATCH, type VideoProfile } from './profile.ts';

/** Of one token and channel. */
const ACTIVATION_BYTES = 90;
/** The largest relative error on the published figures, rounded up. */
export const ESTIMATE_ERROR = 0.2;
/** Layers on the GPU at once where they are streamed: the one at work and the one that comes. */
const LAYERS_AT_ONCE = 2;
/** Input, output and the causal cache of a convolution. */
const FEATURE_MAPS = 3;
const F32_BYTES = 4;

/** Of the transformer that is at work. */
export interface Architecture {
  /** Channels of a token. */
  readonly hiddenSize: number;
  readonly layers: number;
}

/** Of the VAE's decoder. */
export interface DecoderShape {
  /** Of its widest maps at full size. */
  readonly channels: number;
  /** Pixels that one position of those maps stands for, a side. */
  readonly pixelStep: number;
}

export interface MemoryQuestion {
  readonly profile: VideoProfile;
  readonly request: ResolvedRequest;
  readonly architecture: Architecture;
  readonly decoder: DecoderShape;
  readonly components: readonly MemoryComponent[];
  readonly gpuBytes?: number | undefined;
  /** Only this one. */
  readonly offload?: OffloadStrategy | undefined;
  readonly tile: { readonly size: number };
}

export function estimateMemory(question: MemoryQuestion): MemoryEstimate {
  const { components, gpuBytes, offload } = question;
  const strategies = (['none', 'model', 'layers'] as const)
    .filter((one) => offload === undefined || one === offload)
    .flatMap((one) => [false, true].map((tiled) => strategyOf(question, one, tiled)));
  const judged = gpuBytes === undefined ? strategies : strategies.map((one) => ({ ...one, fits: fitOf(one, gpuBytes) }));
  const chosen = judged.find(({ fits }) => fits === 'yes') ?? judged.find(({ fits }) => fits === 'tight');
  return { tokens: tokensOf(question.profile, question.request), components, strategies: judged, ...(chosen && { chosen }) };
}

/** Latent frames x rows x columns, in patches. */
export function tokensOf({ vaeStride: [time, rows, columns] }: VideoProfile, { width, height, frames }: ResolvedRequest): number {
  return (Math.ceil((frames - 1) / time) + 1) * Math.floor(height / rows / PATCH[1]) * Math.floor(width / columns / PATCH[2]);
}

function strategyOf(question: MemoryQuestion, offload: OffloadStrategy, tiled: boolean): StrategyEstimate {
  const { architecture, components, profile, request } = question;
  const weights = weightsByRole(components);
  const activation = tokensOf(profile, request) * architecture.hiddenSize * ACTIVATION_BYTES;
  const decoding = decodeBytes(question, tiled);
  const expert = offload === 'layers' ? (weights.expert * LAYERS_AT_ONCE) / architecture.layers : weights.expert;
  const everything = offload === 'none' ? weights.all : 0;
  const stages = {
    textBytes: everything || weights.text,
    // The VAE stays beside the expert, as it does in the authors' own offloading.
    denoiseBytes: (everything || expert + weights.vae) + activation,
    decodeBytes: (everything || weights.vae) + decoding,
  };
  const peakBytes = Math.round(Math.max(...Object.values(stages)));
  return {
    offload,
    tiled,
    ...stages,
    peakBytes,
    upperBytes: Math.round(peakBytes * (1 + ESTIMATE_ERROR)),
    hostBytes: offload === 'none' ? 0 : weights.all - weights.vae,
  };
}

function weightsByRole(components: readonly MemoryComponent[]) {
  const bytesOf = (isIt: (name: string) => boolean): number[] =>
    components.filter(({ name }) => isIt(name)).map(({ weightBytes }) => weightBytes);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  return {
    all: sum(bytesOf(() => true)),
    text: sum(bytesOf((name) => name === 'text_encoder')),
    vae: sum(bytesOf((name) => name === 'vae')),
    /** Of two experts one is at work at a time. */
    expert: Math.max(0, ...bytesOf((name) => name.startsWith('transformer'))),
  };
}

function decodeBytes({ profile: { vaeStride }, request: { width, height }, decoder, tile }: MemoryQuestion, tiled: boolean): number {
  const [w, h] = tiled ? [Math.min(width, tile.size), Math.min(height, tile.size)] : [width, height];
  const positions = Math.ceil(w / decoder.pixelStep) * Math.ceil(h / decoder.pixelStep);
  return FEATURE_MAPS * vaeStride[0] * decoder.channels * positions * F32_BYTES;
}

const fitOf = ({ peakBytes, upperBytes }: StrategyEstimate, gpuBytes: number): 'yes' | 'tight' | 'no' =>
  upperBytes <= gpuBytes ? 'yes' : peakBytes <= gpuBytes ? 'tight' : 'no';
