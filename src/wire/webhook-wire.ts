import type { deliveryDocument, listedWebhook, webhookDocument } from '../documents/webhooks.ts';
import type { DeliveryRecord, WebhookRecord } from '../domain/webhooks.ts';
import type { ListedWebhook } from '../webhooks/webhooks.ts';
import type { Wire } from './wire.ts';

export const webhookWire = ({ schema: _, made_by: __, ...webhook }: WebhookRecord): Wire<typeof webhookDocument> => webhook;

export const listedWebhookWire = ({ schema: _, made_by: __, ...webhook }: ListedWebhook): Wire<typeof listedWebhook> => webhook;

/** Without what is sent: that is for the receiver. */
export const deliveryWire = ({
  id,
  type,
  state,
  created_at,
  attempts,
  next_at: next,
  last,
}: DeliveryRecord): Wire<typeof deliveryDocument> => ({
  ...{ id, type, state, created_at, attempts },
  ...(next !== undefined && { next_at: next }),
  ...(last !== undefined && { last }),
});
