/** Webhooks on disk: what each wants, up to where it knows what happened, and what is still to be sent. All durable. */
import { type DeliveryRecord, isWebhookId, type WebhookCursor, type WebhookRecord } from '../domain/webhooks.ts';
import type { StoreContext } from '../store/context.ts';
import { listNames } from '../store/list-names.ts';
import { readRecord, removeRecord, writeRecord } from '../store/record.ts';

const DURABLE = { durable: true };
const CURSOR = '.cursor';

export class WebhookRecords {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Oldest first. */
  list(): readonly WebhookRecord[] {
    const ids = listNames(this.#context.resolver.stateDir('webhooks')).filter(isWebhookId);
    return ids.flatMap((id) => this.read(id) ?? []).sort((a, b) => a.created_at.localeCompare(b.created_at));
  }

  read(id: string): WebhookRecord | undefined {
    const record = isWebhookId(id) ? readRecord<WebhookRecord>(this.#path('webhooks', id)) : undefined;
    return record?.id === id ? record : undefined;
  }

  write(webhook: WebhookRecord): Promise<void> {
    return writeRecord(this.#context, this.#path('webhooks', webhook.id), webhook, DURABLE);
  }

  /** With what was to be sent. The record goes first: of what follows nothing is ever sent again. */
  async remove(id: string): Promise<void> {
    await removeRecord(this.#path('webhooks', id), DURABLE);
    await removeRecord(this.#path('webhooks', id + CURSOR), DURABLE);
    for (const { id: delivery } of this.deliveries(id)) await this.removeDelivery(id, delivery);
  }

  cursor(id: string): WebhookCursor | undefined {
    return readRecord<WebhookCursor>(this.#path('webhooks', id + CURSOR));
  }

  writeCursor(id: string, cursor: WebhookCursor): Promise<void> {
    return writeRecord(this.#context, this.#path('webhooks', id + CURSOR), cursor, DURABLE);
  }

  /** Of one webhook, oldest first. */
  deliveries(webhook: string): readonly DeliveryRecord[] {
    const names = listNames(this.#context.resolver.stateDir('deliveries')).filter((name) => name.startsWith(`${webhook}.`));
    const found = names.flatMap((name) => readRecord<DeliveryRecord>(this.#path('deliveries', name)) ?? []);
    return found.sort((a, b) => a.order - b.order);
  }

  writeDelivery(delivery: DeliveryRecord): Promise<void> {
    return writeRecord(this.#context, this.#path('deliveries', nameOf(delivery.webhook, delivery.id)), delivery, DURABLE);
  }

  removeDelivery(webhook: string, id: string): Promise<void> {
    return removeRecord(this.#path('deliveries', nameOf(webhook, id)), { durable: false });
  }

  /** What a killed process left of webhooks that are not there. */
  sweep(): Promise<void> {
    return this.locked(async () => {
      const ids = new Set(this.list().map(({ id }) => id));
      for (const kind of ['webhooks', 'deliveries'] as const)
        for (const name of listNames(this.#context.resolver.stateDir(kind)))
          if (name.includes('.') && !ids.has(name.slice(0, name.indexOf('.'))))
            await removeRecord(this.#path(kind, name), { durable: false });
    });
  }

  /** Reads, changes and writes one webhook with nobody between; undefined where there is none any more. */
  async update(id: string, change: (webhook: WebhookRecord) => WebhookRecord): Promise<WebhookRecord | undefined> {
    return this.locked(async () => {
      const before = this.read(id);
      if (before === undefined) return undefined;
      const after = change(before);
      if (after !== before) await this.write(after);
      return after;
    });
  }

  async locked<T>(work: () => Promise<T>): Promise<T> {
    const { locks, resolver, lockTimeoutMs } = this.#context;
    const lease = await locks.acquire(resolver.webhooksLock(), { timeoutMs: lockTimeoutMs, doing: 'change webhooks' });
    try {
      return await work();
    } finally {
      await lease.release();
    }
  }

  #path(kind: 'webhooks' | 'deliveries', name: string): string {
    const { resolver } = this.#context;
    return resolver.modelFile(resolver.stateDir(kind), name);
  }
}

const nameOf = (webhook: string, delivery: string): string => `${webhook}.${delivery}`;
