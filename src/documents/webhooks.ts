/** Documents of `wan webhooks`, and of the routes under /v1/webhooks. No field ever holds a secret, but for that of a webhook that is just being added. */
import { z } from 'zod';
import { DELIVERY_STATES } from '../domain/webhooks.ts';

const moment = z.iso.datetime();

export const webhookDocument = z.object({
  id: z.string(),
  url: z.string().meta({ description: 'its origin: many receivers have their secret in the path' }),
  events: z.array(z.string()),
  state: z.enum(['enabled', 'disabled']),
  reason: z.string().optional().meta({ description: 'why it is disabled' }),
  created_at: moment,
  last_success_at: moment.optional(),
  failing_since: moment.optional(),
  failures: z.int().min(0).meta({ description: 'tries that failed since one went well' }),
  lost: z.int().min(0).meta({ description: 'deliveries that were given up, or found no room' }),
});

export const listedWebhook = webhookDocument.extend({ pending: z.int().min(0) });
export const webhookList = z.object({ webhooks: z.array(listedWebhook) });
export const addedWebhook = z.object({
  webhook: webhookDocument,
  secret: z.string().meta({ description: 'told once: nobody can find it out later' }),
});

export const deliveryTry = z.object({
  at: moment,
  duration_ms: z.int().min(0),
  status: z.int().optional().meta({ description: 'absent: no answer came' }),
  error: z.string().optional().meta({ description: 'why it is no success' }),
});

export const deliveryDocument = z.object({
  id: z.string().meta({ description: '`webhook-id`, the same for each try' }),
  type: z.string(),
  state: z.enum(DELIVERY_STATES),
  created_at: moment,
  attempts: z.int().min(0),
  next_at: moment.optional(),
  last: deliveryTry.optional(),
});
export const deliveryList = z.object({ deliveries: z.array(deliveryDocument) });

export const webhooksData = z.discriminatedUnion('action', [
  addedWebhook.extend({ action: z.literal('add') }),
  webhookList.extend({ action: z.literal('list') }),
  z.object({ action: z.literal('remove'), webhooks: z.array(webhookDocument) }),
  z.object({ action: z.literal('enable'), webhook: webhookDocument }),
  deliveryTry.extend({ action: z.literal('test') }),
  deliveryList.extend({ action: z.literal('deliveries') }),
]);
