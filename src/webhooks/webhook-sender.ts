/**
 * The one process of a root that sends to webhooks: twice a second it looks at what happened since, queues it, and sends what is due. Each step is
 * on disk before the next: killed anywhere, the next sender goes on, and what was sent and not noted is sent again under the same id. Nothing
 * else waits for it.
 */
import type { HttpClient } from '../backends/http/http-client.ts';
import type { WebhookSecrets } from '../credentials/webhook-secrets.ts';
import { asModelError, type ModelError } from '../domain/errors.ts';
import type { StoreEventDraft } from '../domain/store-events.ts';
import type { DeliveryRecord, WebhookRecord } from '../domain/webhooks.ts';
import type { StoreContext } from '../store/context.ts';
import { JobRecords } from '../store/job-records.ts';
import { newestStoreEvent, storeEventsSince, writeStoreEvents } from '../telemetry/store-events/store-event-records.ts';
import { DELIVERY_POLICY, type DeliveryPolicy, deliveryAfter, isDue, type Tried, webhookAfter } from './after-try.ts';
import { cursorAt, planDeliveries } from './plan-deliveries.ts';
import { sendDelivery } from './send-delivery.ts';
import { disabledError } from './webhook-errors.ts';
import { WebhookRecords } from './webhook-records.ts';

export interface WebhookSenderOptions {
  readonly context: StoreContext;
  readonly secrets: WebhookSecrets;
  /** Opened when there is something to send. */
  readonly client: () => Promise<HttpClient>;
  readonly policy?: DeliveryPolicy;
  readonly timeoutMs?: number;
  /** What could not be done, and that a webhook gets no more. */
  readonly onTrouble: (error: ModelError) => void;
}

const LOOK_MS = 500;
const STANDBY_MS = 2000;
export const SEND_TIMEOUT_MS = 15_000;
/** Of all webhooks at the same time; of one webhook one after the other. */
const CONCURRENCY = 4;
/** Of one webhook. What waits longest goes for what is new. */
const MAX_PENDING = 1000;
/** Of one webhook, that were sent or given up, so many can be looked at. */
const KEPT_ENDED = 100;

export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #records: WebhookRecords;
  readonly #jobs: JobRecords;
  /** By webhook, as on disk: only this process changes them. */
  readonly #queues = new Map<string, DeliveryRecord[]>();
  readonly #sending = new Map<string, Promise<void>>();
  #trouble: string | undefined;

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
    this.#records = new WebhookRecords(options.context);
    this.#jobs = new JobRecords(options.context);
  }

  /** Until it is ended. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { locks, resolver } = this.#options.context;
    while (!signal.aborted) {
      await this.#try(async () => {
        if (this.#records.list().length === 0) return;
        const lease = await locks.tryAcquire(resolver.webhookSenderLock(), { doing: 'send to webhooks' });
        if (lease === undefined) return;
        try {
          await this.#work(AbortSignal.any([signal, lease.signal]));
        } finally {
          await Promise.all(this.#sending.values());
          await lease.release();
        }
      });
      await this.#pause(STANDBY_MS, signal);
    }
  }

  /** Ends where there is no webhook any more: whoever waits for nothing holds no lock. */
  async #work(signal: AbortSignal): Promise<void> {
    this.#queues.clear();
    await this.#records.sweep();
    while (!signal.aborted) {
      const webhooks = this.#records.list();
      if (webhooks.length === 0) return;
      for (const webhook of webhooks) {
        await this.#try(() => this.#queueNews(webhook));
        this.#begin(webhook, signal);
      }
      await this.#pause(LOOK_MS, signal);
    }
  }

  /** Of what happens while it is disabled a webhook is told nothing, also later. */
  async #queueNews(webhook: WebhookRecord): Promise<void> {
    if (webhook.state === 'disabled') return;
    const { context } = this.#options;
    const { jobs } = this.#jobs.list();
    const cursor = this.#records.cursor(webhook.id) ?? cursorAt({ seq: newestStoreEvent(context), jobs });
    const { events, seq, missed } = storeEventsSince(context, cursor.event_seq);
    const now = new Date(context.clock.now()).toISOString();
    const { deliveries, cursor: after } = planDeliveries(webhook, cursor, { events, seq, jobs, now });
    if (after === cursor) return;
    const queue = this.#queueOf(webhook);
    const known = new Set(queue.map(({ id }) => id));
    for (const delivery of deliveries) {
      if (known.has(delivery.id)) continue;
      await this.#records.writeDelivery(delivery);
      queue.push(delivery);
    }
    await this.#records.writeCursor(webhook.id, after);
    await this.#bound(webhook, queue, missed);
  }

  async #bound(webhook: WebhookRecord, queue: DeliveryRecord[], missed: number): Promise<void> {
    const busy = this.#sending.has(webhook.id) ? 1 : 0;
    const pending = queue.filter(({ state }) => state === 'pending').slice(busy);
    const over = pending.slice(0, Math.max(0, pending.length - MAX_PENDING));
    const ended = queue.filter(({ state }) => state !== 'pending');
    for (const { id } of [...over, ...ended.slice(0, Math.max(0, ended.length - KEPT_ENDED))]) {
      queue.splice(
        queue.findIndex((one) => one.id === id),
        1,
      );
      await this.#records.removeDelivery(webhook.id, id);
    }
    const lost = over.length + missed;
    if (lost > 0) await this.#records.update(webhook.id, (now) => ({ ...now, lost: now.lost + lost }));
  }

  #queueOf({ id }: WebhookRecord): DeliveryRecord[] {
    const known = this.#queues.get(id) ?? [...this.#records.deliveries(id)];
    this.#queues.set(id, known);
    return known;
  }

  #begin(webhook: WebhookRecord, signal: AbortSignal): void {
    const { context, policy = DELIVERY_POLICY } = this.#options;
    if (webhook.state === 'disabled' || this.#sending.has(webhook.id) || this.#sending.size >= CONCURRENCY) return;
    const due = this.#queueOf(webhook).find((delivery) => isDue(delivery, context.clock.now(), policy));
    if (due === undefined) return;
    const sending = this.#try(() => this.#send(webhook, due, signal)).finally(() => this.#sending.delete(webhook.id));
    this.#sending.set(webhook.id, sending);
  }

  /** And what is due after it, without waiting for the next look. */
  async #send(webhook: WebhookRecord, delivery: DeliveryRecord, signal: AbortSignal): Promise<void> {
    const { context, policy = DELIVERY_POLICY } = this.#options;
    for (let next: DeliveryRecord | undefined = delivery; next !== undefined && !signal.aborted; ) {
      const tried = await this.#tryOne(next, signal);
      // Ended by us: it says nothing of the receiver.
      if (signal.aborted && tried.status === undefined) return;
      const isOn = await this.#note(webhook, next, tried);
      next = isOn ? this.#queueOf(webhook).find((one) => isDue(one, context.clock.now(), policy)) : undefined;
    }
  }

  async #tryOne(delivery: DeliveryRecord, signal: AbortSignal): Promise<Tried> {
    const { secrets, client, context, timeoutMs = SEND_TIMEOUT_MS } = this.#options;
    try {
      const secret = await secrets.read(delivery.webhook);
      return await sendDelivery(delivery, secret, { client: await client(), clock: context.clock, signal, timeoutMs });
    } catch (error) {
      return { at: new Date(context.clock.now()).toISOString(), duration_ms: 0, error: asModelError(error).message };
    }
  }

  /** @returns whether the webhook gets more */
  async #note(webhook: WebhookRecord, delivery: DeliveryRecord, tried: Tried): Promise<boolean> {
    const { context, policy = DELIVERY_POLICY } = this.#options;
    const moment = { nowMs: context.clock.now(), random: context.random, policy };
    const after = deliveryAfter(delivery, tried, moment);
    const queue = this.#queueOf(webhook);
    const at = queue.findIndex(({ id }) => id === delivery.id);
    if (at >= 0) queue[at] = after;
    if (this.#records.read(webhook.id) === undefined) return false;
    await this.#records.writeDelivery(after);
    let isNewlyDisabled = false;
    const now = await this.#records.update(webhook.id, (before) => {
      const changed = webhookAfter(before, after, moment);
      isNewlyDisabled = before.state === 'enabled' && changed.state === 'disabled';
      return changed;
    });
    if (now !== undefined && isNewlyDisabled) await this.#tellDisabled(now);
    return now?.state === 'enabled';
  }

  async #tellDisabled({ id, url, reason = '', failures }: WebhookRecord): Promise<void> {
    const { context, onTrouble } = this.#options;
    onTrouble(disabledError(id, url, reason));
    const draft: StoreEventDraft = {
      ...{ type: 'webhook.disabled', time: new Date(context.clock.now()).toISOString() },
      ...{ correlation_id: context.random.uuid(), via: 'schedule', data: { webhook: id, url, reason, failures } },
    };
    await writeStoreEvents(context, [draft]);
  }

  /** What fails is told, not twice in a row, and tried again at the next look. */
  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.#trouble = undefined;
    } catch (error) {
      const trouble = asModelError(error);
      if (trouble.message !== this.#trouble) this.#options.onTrouble(trouble);
      this.#trouble = trouble.message;
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#options.context.clock.sleep(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
