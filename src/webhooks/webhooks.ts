/** What people do with webhooks. The command line and the service share it; what is sent is the sender's. */
import { isDeepStrictEqual } from 'node:util';
import type { AddressGuard } from '../backends/http/address-guard.ts';
import type { HttpClient } from '../backends/http/http-client.ts';
import type { WebhookSecrets } from '../credentials/webhook-secrets.ts';
import { asModelError, ModelError } from '../domain/errors.ts';
import { isEventPattern } from '../domain/event-pattern.ts';
import { keyReused } from '../domain/key-reused.ts';
import type { Secret } from '../domain/secret.ts';
import type { DeliveryRecord, DeliveryTry, WebhookRecord } from '../domain/webhooks.ts';
import type { StoreContext } from '../store/context.ts';
import { JobRecords } from '../store/job-records.ts';
import { openStore } from '../store/open-store.ts';
import { newestStoreEvent } from '../telemetry/store-events/store-event-records.ts';
import { plainHttpUrl } from '../util/plain-http-url.ts';
import { cursorAt, deliveryOf } from './plan-deliveries.ts';
import { SEND_TIMEOUT_MS, sendDelivery } from './send-delivery.ts';
import { shownUrl } from './shown-url.ts';
import { newWebhookSecret } from './signature.ts';
import { badEvents, badWebhookUrl, noSuchWebhook, tooManyWebhooks } from './webhook-errors.ts';
import { WebhookRecords } from './webhook-records.ts';

export interface WebhooksOptions {
  readonly context: StoreContext;
  readonly secrets: WebhookSecrets;
  readonly guard: AddressGuard;
  readonly client: () => Promise<HttpClient>;
}

export interface NewWebhook {
  readonly url: string;
  readonly events: readonly string[];
  /** Default: one that is made. */
  readonly secret?: Secret;
  /** Asked for again by the same, it is the same webhook. */
  readonly madeBy?: string;
}

export interface AddedWebhook {
  readonly webhook: WebhookRecord;
  /** Told once. */
  readonly secret: Secret;
  readonly isNew: boolean;
}

export interface ListedWebhook extends WebhookRecord {
  /** Deliveries that wait. */
  readonly pending: number;
}

const MAX_WEBHOOKS = 100;
const MAX_URL_LENGTH = 2048;

export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #records: WebhookRecords;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#records = new WebhookRecords(options.context);
  }

  /** The secret is told here, and never again. It is told nothing of what was before. @throws ModelError INVALID_INPUT */
  async add(asked: NewWebhook): Promise<AddedWebhook> {
    const url = this.#checkedUrl(asked.url).href;
    const unknown = asked.events.filter((pattern) => !isEventPattern(pattern));
    if (unknown.length > 0 || asked.events.length === 0) throw badEvents(unknown);
    const wanted = { ...asked, url, events: [...new Set(asked.events)] };
    await openStore(this.#options.context);
    return this.#records.locked(async () => {
      const known = this.#records.list().find(({ made_by }) => made_by !== undefined && made_by === asked.madeBy);
      return known === undefined ? this.#make(wanted) : this.#again(known, wanted);
    });
  }

  async #make({ url, events, secret = newWebhookSecret(), madeBy }: NewWebhook): Promise<AddedWebhook> {
    const { context, secrets } = this.#options;
    if (this.#records.list().length >= MAX_WEBHOOKS) throw tooManyWebhooks(MAX_WEBHOOKS);
    const webhook: WebhookRecord = {
      schema: 'wan.webhook/v1',
      id: context.random.uuid().replaceAll('-', '').slice(0, 12),
      url: shownUrl(new URL(url)),
      events,
      state: 'enabled',
      created_at: new Date(context.clock.now()).toISOString(),
      failures: 0,
      lost: 0,
      ...(madeBy !== undefined && { made_by: madeBy }),
    };
    // Killed before the record is there: a private file that nothing names, and no webhook.
    await secrets.write(webhook.id, { url, secret });
    await this.#records.writeCursor(webhook.id, this.#now());
    await this.#records.write(webhook);
    return { webhook, secret, isNew: true };
  }

  /** Whoever did not get the answer gets it now: it lies where the secrets of webhooks do, and nowhere else. */
  async #again(webhook: WebhookRecord, { url, events, secret }: NewWebhook): Promise<AddedWebhook> {
    const made = await this.#options.secrets.read(webhook.id);
    const isSame = made.url === url && isDeepStrictEqual(webhook.events, events);
    if (!isSame || (secret !== undefined && secret.reveal() !== made.secret.reveal())) throw keyReused();
    return { webhook, secret: made.secret, isNew: false };
  }

  /** Oldest first. */
  list(): readonly ListedWebhook[] {
    return this.#records.list().map((webhook) => ({
      ...webhook,
      pending: this.#records.deliveries(webhook.id).filter(({ state }) => state === 'pending').length,
    }));
  }

  /** With what was still to be sent. @throws ModelError INVALID_INPUT, webhook_not_found */
  async remove(id: string): Promise<WebhookRecord> {
    const webhook = this.#find(id);
    await this.#records.locked(() => this.#records.remove(id));
    await this.#options.secrets.remove(id);
    return webhook;
  }

  /** After it was disabled: from now on. @throws ModelError INVALID_INPUT, webhook_not_found */
  async enable(id: string): Promise<WebhookRecord> {
    this.#find(id);
    const { order } = this.#records.cursor(id) ?? { order: 1 };
    await this.#records.writeCursor(id, { ...this.#now(), order });
    const enabled = await this.#records.update(id, ({ reason: _, failing_since: __, ...webhook }) => ({
      ...webhook,
      state: 'enabled',
      failures: 0,
    }));
    return enabled ?? this.#find(id);
  }

  /** Sends `webhook.test` once, now, from here. @throws ModelError INVALID_INPUT, AUTH_FAIL */
  async test(id: string, signal: AbortSignal): Promise<DeliveryTry> {
    const { context, client, secrets } = this.#options;
    const webhook = this.#find(id);
    const now = new Date(context.clock.now()).toISOString();
    const message = { key: `test ${context.random.uuid()}`, type: 'webhook.test', time: now, data: { webhook: id } };
    const delivery = deliveryOf(message, webhook, { order: 0, now });
    const sending = { client: await client(), clock: context.clock, signal, timeoutMs: SEND_TIMEOUT_MS };
    const { retryAfterMs: _, ...tried } = await sendDelivery(delivery, await secrets.read(id), sending);
    return tried;
  }

  /** Newest first: what waits, and the last ones that were sent or given up. @throws ModelError INVALID_INPUT, webhook_not_found */
  deliveries(id: string): readonly DeliveryRecord[] {
    return this.#records.deliveries(this.#find(id).id).toReversed();
  }

  #find(id: string): WebhookRecord {
    const webhook = this.#records.read(id);
    if (webhook === undefined) throw noSuchWebhook(id);
    return webhook;
  }

  #checkedUrl(text: string): URL {
    const url = text.length > MAX_URL_LENGTH ? undefined : plainHttpUrl(text);
    if (url === undefined) throw badWebhookUrl('it is no http(s) URL, or has a user or a password in it');
    const { guard } = this.#options;
    if (url.protocol === 'http:' && !guard.isNamed(url)) throw badWebhookUrl('http: anybody on the way could read and change what is sent');
    requireAllowed(guard, url);
    url.hash = '';
    return url;
  }

  #now() {
    const { context } = this.#options;
    return cursorAt({ seq: newestStoreEvent(context), jobs: new JobRecords(context).list().jobs });
  }
}

/** A name is judged when something is sent. */
function requireAllowed(guard: AddressGuard, url: URL): void {
  try {
    guard.check(url, true);
  } catch (error) {
    const { message, reason = 'address_forbidden', hint } = asModelError(error);
    throw new ModelError('INVALID_INPUT', message, { reason, hint });
  }
}
