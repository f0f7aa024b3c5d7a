/** `prepareImage`: the tensor that a model begins a video with, made of an image file as the model's own loader would. */
import { throwIfCancelled } from '../../domain/cancelled.ts';
import type { ImagePlan, ImageRule, PreparedImage } from '../../domain/image-conditioning.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { ModelOrchestrator, TargetOptions } from '../../orchestrator/api.ts';
import { profileOf } from '../profile.ts';
import { openImage } from './decode-image.ts';
import { imageRuleOf } from './image-rule.ts';
import { type ImageSizeRequest, resolveImageSize } from './image-size-request.ts';
import { pillowLanczos } from './pillow-lanczos.ts';
import { planImage } from './plan-image.ts';
import { readImageFile } from './read-image-file.ts';
import type { RgbImage } from './rgb-image.ts';
import { torchBicubic } from './torch-bicubic.ts';
import { UNIT_LEVELS, unitTensor } from './unit-range.ts';

export interface PrepareImageOptions extends ImageSizeRequest, Pick<TargetOptions, 'variant' | 'overlays' | 'signal'> {
  /** Instead of that of the model's pipeline class. */
  readonly rule?: ImageRule;
}

/**
 * Needs the manifest, not the model: nothing is fetched.
 * @param image a path, or the bytes of a JPEG, PNG or WebP file
 * @throws ModelError INVALID_INPUT for a size that the model cannot make, and for an image that cannot be used
 */
export async function prepareImage(
  orchestrator: ModelOrchestrator,
  modelId: string,
  image: string | Uint8Array,
  options: PrepareImageOptions = {},
): Promise<PreparedImage> {
  const spec = await orchestrator.show(modelId, options);
  const rule = options.rule ?? imageRuleOf(spec);
  const size = resolveImageSize({ profile: profileOf(spec), rule, label: formatRef(spec.ref) }, options);
  const [bytes, name] = typeof image === 'string' ? [await readImageFile(image), image] : [image, 'the image'];
  const { source, pixels } = await openImage(bytes, { upright: rule === 'diffusers', name });
  const plan = planImage(source, size);
  const decoded = await pixels();
  if (options.signal !== undefined) throwIfCancelled(options.signal, `prepare ${name}`);
  return { ref: spec.ref, ...plan, tensor: tensorOf(decoded, plan) };
}

function tensorOf(image: RgbImage, { rule, resized, cropped, width, height }: ImagePlan): Float32Array {
  return rule === 'wan-i2v'
    ? torchBicubic(image, UNIT_LEVELS, resized)
    : unitTensor(pillowLanczos(image, resized), { ...cropped, width, height });
}
