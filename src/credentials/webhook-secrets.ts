/** What of a webhook nobody else may read: its whole URL, and what deliveries are signed with. One small file each. */
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { ModelError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.ts';

export interface WebhookSecret {
  readonly url: string;
  readonly secret: Secret;
}

export class WebhookSecrets {
  readonly #directory: string;

  constructor({ userConfigDir }: Pick<Config, 'userConfigDir'>) {
    this.#directory = join(userConfigDir, 'webhooks');
  }

  write(id: string, { url, secret }: WebhookSecret): Promise<void> {
    return writePrivateFile(this.#path(id), `${JSON.stringify({ version: 1, url, secret: secret.reveal() })}\n`);
  }

  /** @throws ModelError AUTH_FAIL: it is not there, is none, or others can read it */
  async read(id: string): Promise<WebhookSecret> {
    const text = await readPrivateFile(this.#path(id));
    const found = text === undefined ? undefined : parsed(text);
    if (found !== undefined) return found;
    throw new ModelError('AUTH_FAIL', `the secret of webhook ${id} is not in ${this.#path(id)}`, {
      reason: 'webhook_secret_missing',
      hint: 'who runs `wan serve` has to be who added the webhook: remove it, and add it as that user',
    });
  }

  remove(id: string): Promise<void> {
    return removePrivateFile(this.#path(id));
  }

  #path(id: string): string {
    return join(this.#directory, `${id}.json`);
  }
}

function parsed(text: string): WebhookSecret | undefined {
  try {
    const { url, secret } = JSON.parse(text) as Record<string, unknown>;
    return typeof url === 'string' && typeof secret === 'string' ? { url, secret: new Secret(secret) } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
