/** All of one webhook that is due, one after the other: each is on disk with what came of it before the next. */
import type { HttpClient } from '../backends/http/http-client.ts';
import type { WebhookSecrets } from '../credentials/webhook-secrets.ts';
import { asModelError, type ModelError } from '../domain/errors.ts';
import type { StoreEventDraft } from '../domain/store-events.ts';
import type { DeliveryRecord, WebhookRecord } from '../domain/webhooks.ts';
import type { StoreContext } from '../store/context.ts';
import { writeStoreEvents } from '../telemetry/store-events/store-event-records.ts';
import { DELIVERY_POLICY, type DeliveryPolicy, deliveryAfter, isDue, type Moment, type Tried, webhookAfter } from './after-try.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import { SEND_TIMEOUT_MS, sendDelivery } from './send-delivery.ts';
import { disabledError } from './webhook-errors.ts';
import type { WebhookRecords } from './webhook-records.ts';

export interface SendDueOptions {
  readonly context: StoreContext;
  readonly records: WebhookRecords;
  readonly secrets: WebhookSecrets;
  /** Opened when there is something to send. */
  readonly client: () => Promise<HttpClient>;
  readonly policy?: DeliveryPolicy;
  readonly timeoutMs?: number;
  /** That a webhook gets no more. */
  readonly onTrouble: (error: ModelError) => void;
}

export async function sendDue(webhook: string, queue: DeliveryQueue, options: SendDueOptions & { signal: AbortSignal }): Promise<void> {
  const { context, signal, policy = DELIVERY_POLICY } = options;
  const next = () => queue.take((one) => isDue(one, context.clock.now(), policy));
  for (let due = next(); due !== undefined && !signal.aborted; due = next()) {
    const tried = await tryOne(due, options);
    // Ended by us: it says nothing of the receiver.
    if (signal.aborted && tried.status === undefined) return;
    if (options.records.read(webhook) === undefined) return;
    const after = deliveryAfter(due, tried, momentOf(options));
    await queue.note(after);
    if ((await noteOfWebhook(after, options))?.state !== 'enabled') return;
  }
}

async function tryOne(delivery: DeliveryRecord, options: SendDueOptions & { signal: AbortSignal }): Promise<Tried> {
  const { secrets, client, context, signal, timeoutMs = SEND_TIMEOUT_MS } = options;
  try {
    const secret = await secrets.read(delivery.webhook);
    return await sendDelivery(delivery, secret, { client: await client(), clock: context.clock, signal, timeoutMs });
  } catch (error) {
    return { at: new Date(context.clock.now()).toISOString(), duration_ms: 0, error: asModelError(error).message };
  }
}

/** @returns the webhook as it is now; undefined where it was removed meanwhile */
async function noteOfWebhook(delivery: DeliveryRecord, options: SendDueOptions): Promise<WebhookRecord | undefined> {
  let isNewlyDisabled = false;
  const now = await options.records.update(delivery.webhook, (before) => {
    const after = webhookAfter(before, delivery, momentOf(options));
    isNewlyDisabled = before.state === 'enabled' && after.state === 'disabled';
    return after;
  });
  if (now !== undefined && isNewlyDisabled) await tellDisabled(now, options);
  return now;
}

async function tellDisabled({ id, url, reason = '', failures }: WebhookRecord, { context, onTrouble }: SendDueOptions): Promise<void> {
  onTrouble(disabledError(id, url, reason));
  const draft: StoreEventDraft = {
    ...{ type: 'webhook.disabled', time: new Date(context.clock.now()).toISOString() },
    ...{ correlation_id: context.random.uuid(), via: 'schedule', data: { webhook: id, url, reason, failures } },
  };
  await writeStoreEvents(context, [draft]);
}

const momentOf = ({ context, policy = DELIVERY_POLICY }: SendDueOptions): Moment => ({
  nowMs: context.clock.now(),
  random: context.random,
  policy,
});
