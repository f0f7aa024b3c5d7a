/** What is to be sent to one webhook, oldest first, in memory as on disk: nobody but the one process that sends changes it. */
import type { DeliveryRecord } from '../domain/webhooks.ts';
import type { WebhookRecords } from './webhook-records.ts';

export interface QueueLimits {
  /** What waits longest goes for what is new. */
  readonly pending: number;
  /** That were sent or given up, so many can be looked at. */
  readonly ended: number;
}

const LIMITS: QueueLimits = { pending: 1000, ended: 100 };

export class DeliveryQueue {
  readonly #records: WebhookRecords;
  readonly #limits: QueueLimits;
  #deliveries: readonly DeliveryRecord[];
  /** Id of the one that is being sent. */
  #taken: string | undefined;

  constructor(records: WebhookRecords, webhook: string, limits = LIMITS) {
    this.#records = records;
    this.#limits = limits;
    this.#deliveries = records.deliveries(webhook);
  }

  /** What is known already, as a process left it that died before it noted so, stays as it is. Durable on return. */
  async add(deliveries: readonly DeliveryRecord[]): Promise<void> {
    const known = new Set(this.#deliveries.map(({ id }) => id));
    for (const delivery of deliveries) {
      if (known.has(delivery.id)) continue;
      await this.#records.writeDelivery(delivery);
      this.#deliveries = [...this.#deliveries, delivery];
    }
  }

  /** Removes what is too much, never what is being sent. @returns how many will never be sent */
  async bound(): Promise<number> {
    const pending = this.#deliveries.filter(({ state, id }) => state === 'pending' && id !== this.#taken);
    const ended = this.#deliveries.filter(({ state }) => state !== 'pending');
    const over = beyond(pending, this.#limits.pending);
    for (const { webhook, id } of [...over, ...beyond(ended, this.#limits.ended)]) {
      this.#deliveries = this.#deliveries.filter((one) => one.id !== id);
      await this.#records.removeDelivery(webhook, id);
    }
    return over.length;
  }

  /** The first one that is due. */
  take(isDue: (delivery: DeliveryRecord) => boolean): DeliveryRecord | undefined {
    const due = this.#deliveries.find(isDue);
    this.#taken = due?.id;
    return due;
  }

  /** What came of one that was taken. Where it cannot be written it holds as long as this process does. */
  async note(after: DeliveryRecord): Promise<void> {
    this.#deliveries = this.#deliveries.map((one) => (one.id === after.id ? after : one));
    await this.#records.writeDelivery(after);
  }
}

/** The oldest ones of too many. */
const beyond = (deliveries: readonly DeliveryRecord[], most: number) => deliveries.slice(0, Math.max(0, deliveries.length - most));
