/** What happened to models: the data of live events, and of webhooks. */
import { z } from 'zod';
import { STORE_EVENT_TYPES } from '../domain/store-events.ts';
import { ref } from './envelope.ts';

export const storeEventDocument = z.object({
  schema: z.literal('wan.store_event/v1'),
  seq: z.int().min(1).meta({ description: 'rises by one with each event of a root' }),
  type: z.enum(STORE_EVENT_TYPES),
  time: z.iso.datetime(),
  model: ref.optional(),
  variant: z.string().optional(),
  correlation_id: z.string(),
  via: z.enum(['cli', 'library', 'http', 'schedule']),
  data: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
    .meta({ description: 'plain facts of what happened' }),
});
