/**
 * The one process of a root that sends to webhooks: twice a second it looks at what happened since, queues it, and sends what is due. Each step is
 * on disk before the next: killed anywhere, the next sender goes on, and what was sent and not noted is sent again under the same id. Nothing
 * else waits for it, and no webhook for another one.
 */
import { asModelError } from '../domain/errors.ts';
import type { WebhookRecord } from '../domain/webhooks.ts';
import { JobRecords } from '../store/job-records.ts';
import { newestStoreEvent, storeEventsSince } from '../telemetry/store-events/store-event-records.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { cursorAt, planDeliveries } from './plan-deliveries.ts';
import { type SendDueOptions, sendDue } from './send-due.ts';
import { WebhookRecords } from './webhook-records.ts';

/** Told of what could not be done, and that a webhook gets no more. */
export type WebhookSenderOptions = Omit<SendDueOptions, 'records'>;

const LOOK_MS = 500;
const STANDBY_MS = 2000;

/** Of one webhook, as long as this process sends. */
interface Lane {
  readonly queue: DeliveryQueue;
  sending?: Promise<void> | undefined;
}

export class WebhookSender {
  readonly #options: SendDueOptions;
  readonly #records: WebhookRecords;
  readonly #jobs: JobRecords;
  readonly #lanes = new Map<string, Lane>();
  /** What was told last, by what could not be done. */
  readonly #told = new Map<string, string>();

  constructor(options: WebhookSenderOptions) {
    this.#records = new WebhookRecords(options.context);
    this.#options = { ...options, records: this.#records };
    this.#jobs = new JobRecords(options.context);
  }

  /** Until it is ended. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { locks, resolver } = this.#options.context;
    while (!signal.aborted) {
      await this.#try('send', async () => {
        if (this.#records.list().length === 0) return;
        const lease = await locks.tryAcquire(resolver.webhookSenderLock(), { doing: 'send to webhooks' });
        if (lease === undefined) return;
        try {
          await this.#work(AbortSignal.any([signal, lease.signal]));
        } finally {
          for (const { sending } of this.#lanes.values()) await sending;
          this.#lanes.clear();
          await lease.release();
        }
      });
      await this.#pause(STANDBY_MS, signal);
    }
  }

  /** Ends where there is no webhook any more: whoever waits for nothing holds no lock. */
  async #work(signal: AbortSignal): Promise<void> {
    await this.#records.sweep();
    while (!signal.aborted) {
      const webhooks = this.#records.list();
      if (webhooks.length === 0) return;
      this.#forgetAllBut(webhooks);
      // Of what happens while it is disabled a webhook is told nothing, also later.
      for (const webhook of webhooks.filter(({ state }) => state === 'enabled')) {
        await this.#try(`queue for ${webhook.id}`, () => this.#queueNews(webhook));
        this.#begin(webhook.id, signal);
      }
      await this.#pause(LOOK_MS, signal);
    }
  }

  #forgetAllBut(webhooks: readonly WebhookRecord[]): void {
    const ids = new Set(webhooks.map(({ id }) => id));
    for (const [id, { sending }] of this.#lanes) if (sending === undefined && !ids.has(id)) this.#lanes.delete(id);
  }

  async #queueNews(webhook: WebhookRecord): Promise<void> {
    const { context } = this.#options;
    const { queue } = this.#laneOf(webhook);
    const { jobs } = this.#jobs.list();
    const cursor = this.#records.cursor(webhook.id) ?? cursorAt({ seq: newestStoreEvent(context), jobs });
    const { events, seq, missed } = storeEventsSince(context, cursor.event_seq);
    const now = new Date(context.clock.now()).toISOString();
    const { deliveries, cursor: after } = planDeliveries(webhook, cursor, { events, seq, jobs, now });
    if (after === cursor) return;
    await queue.add(deliveries);
    await this.#records.writeCursor(webhook.id, after);
    const lost = missed + (await queue.bound());
    if (lost > 0) await this.#records.update(webhook.id, (before) => ({ ...before, lost: before.lost + lost }));
  }

  #laneOf({ id }: WebhookRecord): Lane {
    const lane = this.#lanes.get(id) ?? { queue: new DeliveryQueue(this.#records, id) };
    this.#lanes.set(id, lane);
    return lane;
  }

  /** What waits is sent, also where what is new cannot be queued. */
  #begin(id: string, signal: AbortSignal): void {
    const lane = this.#lanes.get(id);
    if (lane === undefined) return;
    lane.sending ??= this.#try(`send to ${id}`, () => sendDue(id, lane.queue, { ...this.#options, signal })).finally(() => {
      lane.sending = undefined;
    });
  }

  /** What fails is told, not twice in a row, and tried again at the next look. */
  async #try(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.#told.delete(what);
    } catch (error) {
      const trouble = asModelError(error);
      if (this.#told.get(what) !== trouble.message) this.#options.onTrouble(trouble);
      this.#told.set(what, trouble.message);
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#options.context.clock.sleep(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
