/** Which rule a model's own loader goes by. Pure. */
import { ModelError } from '../../domain/errors.ts';
import { IMAGE_RULES, type ImageRule } from '../../domain/image-conditioning.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { ModelSpec } from '../../domain/spec.ts';

const BY_CLASS: Readonly<Record<string, ImageRule>> = {
  WanI2V: 'wan-i2v',
  WanTI2V: 'wan-ti2v',
  WanPipeline: 'diffusers',
  WanImageToVideoPipeline: 'diffusers',
};

/** @throws ModelError INVALID_INPUT for a pipeline class whose rule is not known here */
export function imageRuleOf({ ref, pipeline }: ModelSpec): ImageRule {
  const { className } = pipeline ?? {};
  const rule = BY_CLASS[className ?? ''];
  if (rule !== undefined) return rule;
  const what = className === undefined ? 'the manifest names no pipeline class' : `how ${className} takes images is not known here`;
  throw new ModelError('INVALID_INPUT', `${formatRef(ref)}: ${what}`, {
    reason: 'image_rule',
    hint: `name one of the rules ${IMAGE_RULES.join(', ')}`,
  });
}
