/** What stands in paths. */
import { z } from 'zod';

/** As the caller wrote it, decoded once: whether it is an id at all is judged where ids are parsed. */
export const modelParams = z.object({
  id: z
    .string()
    .min(1)
    .max(512)
    .meta({ description: 'name@version[@variant][@+overlay], or a name with one version', example: 't2v-A14B@2.2.0' }),
});

export const modelQuery = z.object({ variant: z.string().min(1).max(128).exactOptional() });
