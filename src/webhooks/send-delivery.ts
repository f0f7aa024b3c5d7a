/** One try of one delivery: signed, guarded, bounded. */
import type { HttpClient } from '../backends/http/http-client.ts';
import { readExcerpt } from '../backends/http/read-excerpt.ts';
import { isRedirect } from '../backends/http/redirect-rules.ts';
import { parseRetryAfterMs } from '../backends/http/retry-after.ts';
import type { WebhookSecret } from '../credentials/webhook-secrets.ts';
import { asModelError } from '../domain/errors.ts';
import type { DeliveryRecord } from '../domain/webhooks.ts';
import type { Clock } from '../domain/world.ts';
import { redactUrl } from '../util/redact-url.ts';
import type { Tried } from './after-try.ts';
import { shownUrl } from './shown-url.ts';
import { signatureHeaders } from './signature.ts';

export interface Sending {
  readonly client: HttpClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Of the whole try. */
  readonly timeoutMs: number;
}

/** Of one try. */
export const SEND_TIMEOUT_MS = 15_000;
/** Read, so that the connection ends well, and looked at by nobody. */
const ANSWER_BYTES = 1024;

/** Never throws for what a receiver does, or for there being none. */
export async function sendDelivery({ id, body }: DeliveryRecord, { url, secret }: WebhookSecret, sending: Sending): Promise<Tried> {
  const { client, clock, signal, timeoutMs } = sending;
  const [startedMs, atMs] = [clock.monotonic(), clock.now()];
  const tried = (outcome: Pick<Tried, 'status' | 'error' | 'retryAfterMs'>): Tried => ({
    at: new Date(atMs).toISOString(),
    duration_ms: Math.round(clock.monotonic() - startedMs),
    ...outcome,
  });
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await client.send({
      method: 'POST',
      url: new URL(url),
      headers: {
        ...client.ownHeaders,
        'content-type': 'application/json',
        ...signatureHeaders({ id, timestamp: Math.floor(atMs / 1000), body }, secret),
      },
      body: Buffer.from(body),
      signal: AbortSignal.any([signal, late]),
    });
    await readExcerpt(answer, ANSWER_BYTES);
    answer.discard();
    return tried(judge(answer.status, parseRetryAfterMs(answer.headers['retry-after'], atMs)));
  } catch (error) {
    if (late.aborted && !signal.aborted) return tried({ error: `no answer within ${timeoutMs / 1000} s` });
    return tried({ error: asModelError(error).message.replaceAll(redactUrl(url), shownUrl(new URL(url))) });
  }
}

function judge(status: number, retryAfterMs: number | undefined): Pick<Tried, 'status' | 'error' | 'retryAfterMs'> {
  if (status >= 200 && status < 300) return { status };
  if (isRedirect(status)) return { status, error: `redirects (${status}), which is not followed: name the URL that it leads to` };
  return { status, error: `answered with status ${status}`, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
