/** What becomes of a delivery, and of its webhook, after a try. Pure. */

import type { DeliveryRecord, DeliveryTry, WebhookRecord } from '../domain/webhooks.ts';
import type { Random } from '../domain/world.ts';

export interface DeliveryPolicy {
  /** Before the second try; tripled for each further one, half of it by chance. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** Since it was made: then it is given up. */
  readonly giveUpMs: number;
  /** A webhook of which nothing has gone well for so long gets no more. */
  readonly disableMs: number;
}

const [MINUTE, HOUR] = [60_000, 3_600_000];

/** Tries after 5 s, 15 s, 45 s, … up to every 6 hours, for three days. */
export const DELIVERY_POLICY: DeliveryPolicy = {
  firstDelayMs: 5000,
  maxDelayMs: 6 * HOUR,
  giveUpMs: 72 * HOUR,
  disableMs: 120 * HOUR,
};

const FACTOR = 3;
const GONE = 410;

export interface Tried extends DeliveryTry {
  /** Asked for by the receiver. */
  readonly retryAfterMs?: number;
}

export interface Moment {
  readonly nowMs: number;
  readonly random: Random;
  readonly policy: DeliveryPolicy;
}

const isSuccess = ({ status, error }: DeliveryTry): boolean => error === undefined && status !== undefined;

export function deliveryAfter(delivery: DeliveryRecord, { retryAfterMs = 0, ...last }: Tried, moment: Moment): DeliveryRecord {
  const { next_at: _, ...rest } = delivery;
  const tried = { ...rest, attempts: delivery.attempts + 1, last };
  if (isSuccess(last)) return { ...tried, state: 'delivered' };
  const { nowMs, policy } = moment;
  const nextMs = nowMs + Math.max(retryAfterMs, delayMs(tried.attempts, moment));
  if (last.status === GONE || nextMs > Date.parse(delivery.created_at) + policy.giveUpMs) return { ...tried, state: 'failed' };
  return { ...tried, next_at: new Date(nextMs).toISOString() };
}

/** @param attempts so far */
function delayMs(attempts: number, { random, policy }: Pick<Moment, 'random' | 'policy'>): number {
  const upper = Math.min(policy.maxDelayMs, policy.firstDelayMs * FACTOR ** (attempts - 1));
  return (upper * (1 + random.next())) / 2;
}

export function webhookAfter(
  webhook: WebhookRecord,
  delivery: DeliveryRecord,
  { nowMs, policy }: Pick<Moment, 'nowMs' | 'policy'>,
): WebhookRecord {
  const { last } = delivery;
  if (last === undefined) return webhook;
  const { failing_since: since = last.at, ...rest } = webhook;
  if (isSuccess(last)) return { ...rest, failures: 0, last_success_at: last.at };
  const failing = {
    ...rest,
    failing_since: since,
    failures: webhook.failures + 1,
    lost: webhook.lost + (delivery.state === 'failed' ? 1 : 0),
  };
  if (last.status === GONE) return disabled(failing, 'the receiver says that it is gone (410)');
  const isOver = nowMs - Date.parse(since) >= policy.disableMs;
  return isOver ? disabled(failing, `nothing could be delivered since ${since}: ${last.error ?? ''}`) : failing;
}

const disabled = (webhook: WebhookRecord, reason: string): WebhookRecord =>
  webhook.state === 'disabled' ? webhook : { ...webhook, state: 'disabled', reason };

const CLOCK_JUMP_MS = 10 * MINUTE;

/** Whether its time has come: a moment further ahead than anybody plans is of a clock that was set back. */
export function isDue({ next_at: at, state }: DeliveryRecord, nowMs: number, policy: DeliveryPolicy): boolean {
  const waitMs = at === undefined ? 0 : Date.parse(at) - nowMs;
  return state === 'pending' && (waitMs <= 0 || waitMs > policy.giveUpMs + CLOCK_JUMP_MS);
}
