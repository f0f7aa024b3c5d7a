/** Documents of /gc. */
import { z } from 'zod';
import { gcData } from '../../documents/gc.ts';

export const gcPlan = gcData.extend({ plan_id: z.string().meta({ description: 'to run just this; for ten minutes' }) });
