/** What can be asked of /models/{id}/load-plan: the options of `wan models load-plan`. */
import { z } from 'zod';
import { parseGpuSize } from '../../util/parse-size.ts';
import { modelQuery } from './model-params.ts';
import { flag, number } from './query.ts';

/** Longer than any prompt that a model takes, shorter than what a URL may have. */
const MAX_PROMPT = 8192;

const gpu = z
  .string()
  .max(32)
  .transform((text, context) => {
    const bytes = parseGpuSize(text);
    if (bytes === undefined) context.addIssue({ code: 'custom', message: 'is no size, for example 24G' });
    return bytes ?? z.NEVER;
  })
  .meta({ description: 'its memory, for example 24G: the least offloading that fits is chosen' });

export const loadPlanQuery = modelQuery.extend({
  prompt: z.string().max(MAX_PROMPT).exactOptional(),
  image: flag.exactOptional().meta({ description: 'an image is given to begin with' }),
  ...{ width: number.exactOptional(), height: number.exactOptional(), frames: number.exactOptional() },
  ...{ steps: number.exactOptional(), fps: number.exactOptional(), shift: number.exactOptional() },
  ...{ guidance_scale: number.exactOptional(), guidance_scale_2: number.exactOptional() },
  gpu: gpu.exactOptional(),
  offload: z.enum(['none', 'model', 'layers']).exactOptional().meta({ description: 'only this, instead of the one that fits' }),
});
