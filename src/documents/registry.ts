/** `wan registry …` */
import { z } from 'zod';
import { absolutePath } from './envelope.ts';

export const registryImportData = z.object({
  source: absolutePath,
  registry_file: absolutePath,
  kept_as: absolutePath.optional().meta({ description: 'the old file, where it stood in the place of the registry' }),
  models: z.array(
    z.object({
      written_id: z.string().meta({ description: 'as it was in the old registry' }),
      id: z.string().meta({ description: 'name@version' }),
      outcome: z.enum(['annotated', 'registered', 'kept']).meta({
        description: 'annotated: a model of the manifest; registered: nothing of it is here; kept: noted of before, and left as it is',
      }),
      said_status: z.string().optional().meta({ description: 'what the old registry said; what is here, the store tells' }),
    }),
  ),
});
