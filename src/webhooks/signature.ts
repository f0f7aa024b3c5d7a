/** Signatures as Standard Webhooks has them (https://www.standardwebhooks.com): v1, HMAC-SHA256 over id, time and body. Pure. */
import { createHmac, randomBytes } from 'node:crypto';
import { ModelError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';

const PREFIX = 'whsec_';
const KEY_BYTES = 32;
const [MIN_KEY_BYTES, MAX_KEY_BYTES] = [24, 64];

export const newWebhookSecret = (): Secret => new Secret(`${PREFIX}${randomBytes(KEY_BYTES).toString('base64')}`);

/** @throws ModelError INVALID_INPUT, webhook_secret; the text is not repeated */
export function checkedSecret(text: string): Secret {
  const key = keyOf(text.trim());
  if (key !== undefined && key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES) return new Secret(text.trim());
  throw new ModelError('INVALID_INPUT', 'that is no secret of a webhook', {
    reason: 'webhook_secret',
    hint: `whsec_ and ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes in base64; without one of your own, one is made`,
  });
}

export interface SignedMessage {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

export function signatureHeaders({ id, timestamp, body }: SignedMessage, secret: Secret): Readonly<Record<string, string>> {
  const key = keyOf(secret.reveal());
  if (key === undefined) throw new Error('a secret that was never checked');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}

function keyOf(text: string): Buffer | undefined {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '';
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64') : undefined;
}
