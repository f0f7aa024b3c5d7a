/** Models of every loader that begins with an image, without weights: the manifest is all that preparing an image needs. */
import { type FixtureModel, modelFixture } from '../model-fixture.ts';

const model = (className: string, stride: number, more: Readonly<Record<string, unknown>> = {}): FixtureModel => ({
  files: { 'config.json': '{}' },
  keys: {
    resolution_caps: ['720p16'],
    pipeline: { class: className, modes: ['i2v'], required_inputs: ['image'] },
    defaults: { resolution: '96x64', vae_stride: [4, stride, stride] },
    ...more,
  } as NonNullable<FixtureModel['keys']>,
});

export const IMAGE_MODELS = {
  'wan-i2v@1.0.0': model('WanI2V', 8),
  'wan-ti2v@1.0.0': model('WanTI2V', 16),
  'diffusers-i2v@1.0.0': model('WanImageToVideoPipeline', 8),
  'diffusers-ti2v@1.0.0': model('WanPipeline', 16),
  't2v@1.0.0': model('WanT2V', 8, { pipeline: { class: 'WanT2V', modes: ['t2v'], forbidden_inputs: ['image'] } }),
  'boundless@1.0.0': model('WanI2V', 8, { resolution_caps: [] }),
  's2v@1.0.0': model('WanS2V', 8),
} as const;

export type ImageModel = keyof typeof IMAGE_MODELS;

export const imageWorld = () => modelFixture({ models: IMAGE_MODELS });
