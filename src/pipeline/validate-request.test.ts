import { describe, expect, it } from 'vitest';
import type { VideoRequest } from '../domain/video-request.ts';
import { areaOfCap, profileOf, type VideoProfile } from './profile.ts';
import { requestProblems, resolveRequest } from './validate-request.ts';

const profile = (more: Partial<VideoProfile> = {}): VideoProfile => ({
  modes: ['t2v'],
  requiredInputs: ['prompt'],
  forbiddenInputs: ['image'],
  vaeStride: [4, 8, 8],
  maxArea: areaOfCap('720p16'),
  usualFrames: 81,
  trainSteps: 1000,
  hasBoundary: true,
  defaults: { width: 1280, height: 720, frames: 81, steps: 40, guidanceScale: 4, guidanceScale2: 3 },
  ...more,
});
const IMAGE = { modes: ['i2v'], requiredInputs: ['image'], forbiddenInputs: [] } as const;
const BOTH = {
  modes: ['t2v', 'i2v', 'ti2v'],
  requiredInputs: ['prompt'],
  forbiddenInputs: [],
  vaeStride: [4, 16, 16],
  hasBoundary: false,
} as const;

const told = (request: VideoRequest, more: Partial<VideoProfile> = {}) =>
  requestProblems(profile(more), request).map(({ field, nearest }) => [field, nearest]);

describe('a request', () => {
  it.each([
    [{ prompt: 'a cat' }, {}, []],
    [{ prompt: 'a cat', image: true }, {}, [['image', undefined]]],
    [{ prompt: ' ' }, {}, [['prompt', undefined]]],
    [{ prompt: 'a cat' }, IMAGE, [['image', undefined]]],
    [{ prompt: 'a cat', image: true }, IMAGE, []],
    [{ image: true }, IMAGE, []],
    [{ prompt: 'a cat' }, BOTH, []],
    [{ prompt: 'a cat', image: true }, BOTH, []],
    [{ image: true }, BOTH, [['prompt', undefined]]],
    // Of sizes only.
    [{ frames: 81 }, IMAGE, []],
  ] as const)('with inputs %j of a model that takes %j is told %j', (request, more, problems) => {
    expect(told(request, more)).toEqual(problems);
  });

  it.each([
    [{ width: 1000 }, {}, [['width', 992]]],
    [
      { width: 0, height: -5 },
      {},
      [
        ['width', 16],
        ['height', 16],
      ],
    ],
    [{ width: 640.5 }, {}, [['width', 640]]],
    [{ width: 1280, height: 720 }, BOTH, [['height', 704]]],
    [{ width: 1280, height: 704 }, BOTH, []],
    [{ frames: 80 }, {}, [['frames', 81]]],
    [{ frames: 1 }, {}, []],
    [{ frames: 0 }, {}, [['frames', 1]]],
    [{ frames: 80 }, { defaults: { width: 1024, height: 704, frames: 80 } }, []],
    [{ frames: 81 }, { defaults: { width: 1024, height: 704, frames: 80 } }, [['frames', 80]]],
    [{ frames: Number.NaN }, {}, [['frames', 1]]],
    [{ steps: 0 }, {}, [['steps', 1]]],
    [{ steps: 5000 }, {}, [['steps', 1000]]],
    [{ guidanceScale: -1 }, {}, [['guidanceScale', 0]]],
    [{ guidanceScale2: 3 }, BOTH, [['guidanceScale2', undefined]]],
    [{ fps: 0 }, {}, [['fps', undefined]]],
  ] as const)('with numbers %j has problems %j', (request, more, problems) => {
    expect(told(request, more)).toEqual(problems);
  });

  it('for more pixels than the model was made for is told the next smaller size of the same shape, which is valid', () => {
    for (const [width, height] of [
      [1920, 1088],
      [1088, 1920],
      [4096, 512],
      [1296, 720],
    ] as const) {
      const problems = requestProblems(profile(), { width, height });
      expect(problems.length).toBeGreaterThan(0);
      const better = { width, height, ...Object.fromEntries(problems.map(({ field, nearest }) => [field, nearest])) };
      expect(requestProblems(profile(), better)).toEqual([]);
      expect(Math.abs(better.width / better.height / (width / height) - 1)).toBeLessThan(0.08);
    }
  });

  it('gets what it leaves out from the model, and every problem with the nearest valid value in one error', () => {
    expect(resolveRequest(profile(), 'm@1', { prompt: 'a cat', frames: 49 })).toEqual({ ...profile().defaults, mode: 't2v', frames: 49 });
    expect(resolveRequest(profile(IMAGE), 'm@1', {})).toMatchObject({ mode: 'i2v' });
    const untold = { prompt: 'a cat', width: undefined, steps: undefined } as unknown as VideoRequest;
    expect(resolveRequest(profile(), 'm@1', untold)).toEqual({ ...profile().defaults, mode: 't2v' });
    expect(() => resolveRequest(profile(), 'm@1', { width: 1000, frames: 80 })).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        hint: 'the nearest that works: width 992, frames 81',
        details: expect.objectContaining({
          problems: [expect.objectContaining({ field: 'width' }), expect.objectContaining({ field: 'frames' })],
        }),
      }),
    );
    expect(() => resolveRequest(profile(BOTH), 'm@1', { guidanceScale2: 1 })).toThrow(/second guidance scale/);
  });
});

describe('a size that is no multiple and nearly too large', () => {
  it('is told a nearest one that is valid', () => {
    const problems = requestProblems(profile(), { width: 1290, height: 720 });
    const better = { width: 1290, height: 720, ...Object.fromEntries(problems.map(({ field, nearest }) => [field, nearest])) };
    expect(problems[0]).toMatchObject({ field: 'width', message: expect.stringContaining('multiple of 16') });
    expect(requestProblems(profile(), better)).toEqual([]);
  });
});

describe('the profile of a model', () => {
  it('comes from its defaults and caps; a manifest without them gets those of Wan', () => {
    const spec = { defaults: {}, resolutionCaps: [], requiredComponents: [] } as never;
    expect(profileOf(spec)).toMatchObject({ vaeStride: [4, 8, 8], hasBoundary: false, defaults: { width: 832, height: 480, frames: 81 } });
    const defaults = { resolution: '1280x704', frames: 121, vae_stride: [4, 16, 16], boundary: 0.9, num_inference_steps: 50 };
    const small = profileOf({ defaults: { ...defaults, shift: 5, shift_480p: 3 }, resolutionCaps: [] } as never);
    const shiftAt = (width: number, height: number) => resolveRequest(small, 'm@1', { width, height }).shift;
    expect([shiftAt(832, 480), shiftAt(1280, 704)]).toEqual([3, 5]);
    expect(resolveRequest(small, 'm@1', { width: 832, height: 480, shift: 7 }).shift).toBe(7);
    expect(profileOf({ defaults, resolutionCaps: ['480p24', '720p24'] } as never)).toMatchObject({
      vaeStride: [4, 16, 16],
      maxArea: 921_600,
      hasBoundary: true,
      defaults: { width: 1280, height: 704, frames: 121, steps: 50 },
    });
  });
});
