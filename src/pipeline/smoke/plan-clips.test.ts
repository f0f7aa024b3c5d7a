import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ModelRegistry } from '../../registry/model-registry.ts';
import { planClips } from './plan-clips.ts';

let registry: ModelRegistry;
beforeAll(async () => {
  registry = await ModelRegistry.load({ manifestPath: join(import.meta.dirname, '..', '..', '..', 'config', 'models.toml') });
});

describe('the clips of a smoke test', () => {
  it.each([
    ['t2v-A14B-diffusers@2.2.0', ['t2v']],
    ['i2v-A14B-diffusers@2.2.0', ['i2v']],
    ['ti2v-5B-diffusers@2.2.0', ['t2v', 'i2v']],
  ])('are one of each kind that the model makes, as small as shows it: %s', (id, modes) => {
    const clips = planClips(registry.spec(id), {});
    expect(clips).toEqual(modes.map((mode) => ({ mode, width: 128, height: 128, frames: 5, steps: 2 })));
  });

  it('are refused with the nearest size where the model has no such patches', () => {
    const plan = () => planClips(registry.spec('ti2v-5B-diffusers@2.2.0'), { width: 120, height: 128, frames: 6 });
    expect(plan).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', hint: expect.stringMatching(/width 128, frames 5|frames 5, width 128/) }),
    );
  });

  it('are refused of a model that diffusers cannot load', () => {
    expect(() => planClips(registry.spec('t2v-A14B@2.2.0'), {})).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', reason: 'not_diffusers' }),
    );
  });
});
