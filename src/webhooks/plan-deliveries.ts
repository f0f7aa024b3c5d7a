/** What happened since, as deliveries of one webhook. Pure: planned twice, because a process died between, it is the same. */
import { createHash } from 'node:crypto';
import { matchesEvent } from '../domain/event-pattern.ts';
import type { JobRecord } from '../domain/jobs.ts';
import type { StoreEvent } from '../domain/store-events.ts';
import type { DeliveryRecord, WebhookCursor, WebhookRecord } from '../domain/webhooks.ts';

export interface News {
  /** Events of the store after the cursor's, oldest first. */
  readonly events: readonly StoreEvent[];
  /** Up to where they were looked at. */
  readonly seq: number;
  readonly jobs: readonly JobRecord[];
  /** ISO 8601. */
  readonly now: string;
}

export interface PlannedDeliveries {
  readonly deliveries: readonly DeliveryRecord[];
  /** To be written once they are on disk. The same object where nothing is new. */
  readonly cursor: WebhookCursor;
}

interface Message {
  /** Tells it from every other of this root. */
  readonly key: string;
  readonly type: string;
  readonly time: string;
  readonly data: object;
}

/** Where a webhook begins that is made now: of what was before it is told nothing. */
export const cursorAt = ({ seq, jobs }: Pick<News, 'seq' | 'jobs'>): WebhookCursor => ({
  schema: 'wan.webhook_cursor/v1',
  event_seq: seq,
  jobs: statesOf(jobs),
  order: 1,
});

export function planDeliveries(webhook: WebhookRecord, cursor: WebhookCursor, news: News): PlannedDeliveries {
  const changed = news.jobs.filter((job) => cursor.jobs[job.id] !== stateOf(job));
  const isSame = changed.length === 0 && news.seq === cursor.event_seq && Object.keys(cursor.jobs).length === news.jobs.length;
  if (isSame) return { deliveries: [], cursor };
  const messages = [...news.events.map(ofEvent), ...changed.map((job) => ofJob(job, { now: news.now, order: cursor.order }))];
  const wanted = messages.filter(({ type }) => webhook.events.some((pattern) => matchesEvent(pattern, type)));
  const deliveries = wanted.map((message, at) => deliveryOf(message, webhook, { order: cursor.order + at, now: news.now }));
  return {
    deliveries,
    cursor: { ...cursor, event_seq: news.seq, jobs: statesOf(news.jobs), order: cursor.order + deliveries.length },
  };
}

const stateOf = ({ state, attempts }: JobRecord): string => `${state} ${attempts}`;
const statesOf = (jobs: readonly JobRecord[]): Record<string, string> => Object.fromEntries(jobs.map((job) => [job.id, stateOf(job)]));

function ofEvent({ seq, type, time, model, variant, correlation_id, via, data }: StoreEvent): Message {
  const of = { ...(model !== undefined && { model }), ...(variant !== undefined && { variant }) };
  return { key: `event ${seq} ${time}`, type, time, data: { ...of, correlation_id, via, ...data } };
}

/** A job may come to one state again and again: what was queued in between tells one time from the other. */
function ofJob({ idempotency: _, ...job }: JobRecord, { now, order }: { readonly now: string; readonly order: number }): Message {
  const time = job.finished_at ?? (job.state === 'running' ? job.started_at : undefined) ?? now;
  return { key: `job ${job.id} ${job.state} ${job.attempts} ${order}`, type: `job.${job.state}`, time, data: job };
}

export function deliveryOf(message: Message, webhook: WebhookRecord, { order, now }: { order: number; now: string }): DeliveryRecord {
  const { key, type, time: timestamp, data } = message;
  const digest = createHash('sha256').update(`${webhook.id} ${webhook.created_at} ${key}`).digest('hex');
  return {
    schema: 'wan.webhook_delivery/v1',
    id: `msg_${digest.slice(0, 32)}`,
    webhook: webhook.id,
    type,
    order,
    body: JSON.stringify({ type, timestamp, data }),
    state: 'pending',
    created_at: now,
    attempts: 0,
  };
}
