import { describe, expect, it } from 'vitest';
import type { MemoryComponent } from '../domain/memory-estimate.ts';
import { type Architecture, type DecoderShape, ESTIMATE_ERROR, estimateMemory, tokensOf } from './estimate-memory.ts';
import type { VideoProfile } from './profile.ts';

const GIB = 1024 ** 3;
const component = (name: string, parameters: number, bytes: number): MemoryComponent => ({
  name,
  parameters,
  dtype: bytes === 2 ? 'BF16' : 'F32',
  weightBytes: parameters * bytes,
  storedBytes: parameters * 4,
});
const profile = (vaeStride: VideoProfile['vaeStride']): VideoProfile => ({
  modes: [],
  requiredInputs: [],
  forbiddenInputs: [],
  vaeStride,
  hasBoundary: false,
  defaults: { width: 832, height: 480, frames: 81 },
});

interface Case {
  readonly profile: VideoProfile;
  readonly architecture: Architecture;
  readonly decoder: DecoderShape;
  readonly components: readonly MemoryComponent[];
}
/** Parameters as in the headers of the released files. */
const A14B: Case = {
  profile: profile([4, 8, 8]),
  architecture: { hiddenSize: 5120, layers: 40 },
  decoder: { channels: 96, pixelStep: 1 },
  components: [
    component('transformer', 14_288_519_344, 2),
    component('transformer_2', 14_288_519_344, 2),
    component('text_encoder', 5_680_910_336, 2),
    component('vae', 126_892_531, 4),
  ],
};
const B5: Case = {
  profile: profile([4, 16, 16]),
  architecture: { hiddenSize: 3072, layers: 30 },
  decoder: { channels: 512, pixelStep: 2 },
  components: [component('transformer', 4_999_787_712, 2), component('text_encoder', 5_680_910_336, 2), component('vae', 704_688_668, 4)],
};

function peakGib({ profile: one, ...rest }: Case, width: number, height: number, frames: number): number {
  const request = { mode: 't2v', width, height, frames } as const;
  const { strategies } = estimateMemory({ ...rest, profile: one, request, offload: 'model', tile: { size: 256 } });
  return Math.max(...strategies.filter(({ tiled }) => !tiled).map(({ denoiseBytes }) => denoiseBytes)) / GIB;
}

describe('the estimate of GPU memory', () => {
  it('counts tokens as the transformer does', () => {
    expect(tokensOf(A14B.profile, { mode: 't2v', width: 832, height: 480, frames: 81 })).toBe(21 * 30 * 52);
    expect(tokensOf(B5.profile, { mode: 't2v', width: 1280, height: 704, frames: 121 })).toBe(31 * 22 * 40);
  });

  // Peaks of one GPU with one expert at a time, as the authors of the models published them.
  it.each([
    ['T2V-A14B at 720P', A14B, 1280, 720, 81, 59.8],
    ['I2V-A14B at 720P', A14B, 1280, 720, 81, 59.7],
    ['TI2V-5B at 720P, from text', B5, 1280, 704, 121, 22.9],
    ['TI2V-5B at 720P, from an image', B5, 1280, 704, 121, 22.8],
  ] as const)('predicts %s, which it was not fitted on, within its error', (_, model, width, height, frames, published) => {
    expect(Math.abs(peakGib(model, width, height, frames) / published - 1)).toBeLessThan(ESTIMATE_ERROR);
  });

  it.each([
    ['T2V-A14B', 41.3],
    ['I2V-A14B', 41.0],
  ])('meets %s at 480P, which it was fitted on, within 2 %%', (_, published) => {
    expect(Math.abs(peakGib(A14B, 832, 480, 81) / published - 1)).toBeLessThan(0.02);
  });
});

describe('what fits a GPU', () => {
  const on = (model: Case, gpuGib: number, size: readonly [number, number, number]) => {
    const [width, height, frames] = size;
    const { profile: one, ...rest } = model;
    const request = { mode: 't2v', width, height, frames } as const;
    return estimateMemory({ ...rest, profile: one, request, gpuBytes: gpuGib * GIB, tile: { size: 256 } }).chosen;
  };

  it('is the least offloading that does: everything, one component at a time, then layer by layer', () => {
    expect(on(A14B, 141, [832, 480, 81])).toMatchObject({ offload: 'none', tiled: false, fits: 'yes' });
    expect(on(A14B, 80, [1280, 720, 81])).toMatchObject({ offload: 'model', fits: 'yes' });
    expect(on(B5, 24, [1280, 704, 121])).toMatchObject({ offload: 'model', fits: 'yes' });
    expect(on(A14B, 24, [832, 480, 81])).toMatchObject({ offload: 'layers', fits: 'yes' });
    expect(on(A14B, 4, [1280, 720, 81])).toBeUndefined();
  });

  it('needs host memory for what is not on the GPU, and none where all is', () => {
    const all = A14B.components.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
    expect(on(A14B, 80, [1280, 720, 81])?.hostBytes).toBe(all - 126_892_531 * 4);
    expect(on(A14B, 200, [832, 480, 81])?.hostBytes).toBe(0);
  });
});
