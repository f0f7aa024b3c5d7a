/** Document of metrics. */
import { z } from 'zod';
import { absolutePath } from './envelope.ts';

const sample = z.object({
  labels: z.record(z.string(), z.string()),
  value: z.number().optional().meta({ description: 'of a counter or gauge' }),
  count: z.number().optional().meta({ description: 'of a histogram: how many there were' }),
  sum: z.number().optional().meta({ description: 'of a histogram: of all of them' }),
});

export const metricsData = z.object({
  metrics: z.array(
    z.object({ name: z.string(), type: z.enum(['counter', 'gauge', 'histogram']), help: z.string(), samples: z.array(sample) }),
  ),
  textfile: absolutePath.optional().meta({ description: 'that was written' }),
});
