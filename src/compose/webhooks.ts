/** Webhooks of a root, put together from a configuration. */
import type { AddressGuard } from '../backends/http/address-guard.ts';
import type { HttpClient } from '../backends/http/http-client.ts';
import type { Config } from '../config/config.ts';
import { WebhookSecrets } from '../credentials/webhook-secrets.ts';
import type { AuditedAct, CallActor, Facts } from '../domain/acts.ts';
import type { ModelError } from '../domain/errors.ts';
import type { WebhookRecord } from '../domain/webhooks.ts';
import { WebhookSender } from '../webhooks/webhook-sender.ts';
import { type AddedWebhook, type NewWebhook, Webhooks, type WebhooksOptions } from '../webhooks/webhooks.ts';
import { guardedHttpConfig } from './service-configs.ts';
import { configuredStore } from './store-context.ts';
import { recordAct } from './telemetry.ts';

export interface WebhooksCaller {
  readonly actor: CallActor;
  readonly correlationId?: string;
}

/** Webhooks that leave a line in the audit log for each change. */
export class OpenedWebhooks extends Webhooks implements AsyncDisposable {
  readonly #record: (act: AuditedAct, facts: Facts) => Promise<void>;
  readonly #close: () => Promise<void>;

  constructor(
    options: WebhooksOptions,
    { record, close }: { record: (act: AuditedAct, facts: Facts) => Promise<void>; close: () => Promise<void> },
  ) {
    super(options);
    this.#record = record;
    this.#close = close;
  }

  override async add(asked: NewWebhook): Promise<AddedWebhook> {
    const added = await super.add(asked);
    if (!added.isNew) return added;
    const { id, url, events } = added.webhook;
    try {
      await this.#record('webhook.add', { webhook: id, url, events: events.join(', ') });
    } catch (error) {
      // Its secret would be told to nobody.
      await super.remove(id);
      throw error;
    }
    return added;
  }

  override async remove(id: string): Promise<WebhookRecord> {
    const webhook = await super.remove(id);
    await this.#record('webhook.remove', { webhook: id, url: webhook.url });
    return webhook;
  }

  override async enable(id: string): Promise<WebhookRecord> {
    const webhook = await super.enable(id);
    await this.#record('webhook.enable', { webhook: id, url: webhook.url });
    return webhook;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

/** @throws ModelError INVALID_CONFIG without MODELS_ROOT */
export async function openWebhooks(config: Config, caller: WebhooksCaller): Promise<OpenedWebhooks> {
  const http = guardedClient(config);
  const record = (act: AuditedAct, facts: Facts): Promise<void> => recordAct(config, { act, facts, ...caller });
  return new OpenedWebhooks({ ...worldOf(config), guard: await http.guard(), client: http.client }, { record, close: http.close });
}

/** Sends until it is ended, where this process is the one of the root that does. Never throws. */
export async function runWebhookSender(
  config: Config,
  options: { signal: AbortSignal; onTrouble: (error: ModelError) => void },
): Promise<void> {
  const http = guardedClient(config);
  try {
    await new WebhookSender({ ...worldOf(config), client: http.client, onTrouble: options.onTrouble }).run(options.signal);
  } finally {
    await http.close();
  }
}

const worldOf = (config: Config) => ({
  context: configuredStore(config),
  secrets: new WebhookSecrets(config),
});

/** What costs time to load is loaded when something is sent. */
function guardedClient(config: Config) {
  let made: Promise<HttpClient> | undefined;
  const make = async (): Promise<HttpClient> => {
    const { HttpClient } = await import('../backends/http/http-client.ts');
    return new HttpClient(await guardedHttpConfig(config));
  };
  return {
    guard: async (): Promise<AddressGuard> => (await guardedHttpConfig(config)).guard,
    client: (): Promise<HttpClient> => (made ??= make()),
    close: async (): Promise<void> => (await made)?.close(),
  };
}
