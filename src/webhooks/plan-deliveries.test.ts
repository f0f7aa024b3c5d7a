import { expect, it } from 'vitest';
import type { JobRecord } from '../domain/jobs.ts';
import type { StoreEvent } from '../domain/store-events.ts';
import type { DeliveryRecord, WebhookCursor, WebhookRecord } from '../domain/webhooks.ts';
import { planDeliveries } from './plan-deliveries.ts';

const now = '2026-03-01T12:00:00.000Z';
const webhook = (...events: string[]): WebhookRecord => ({
  ...{ schema: 'wan.webhook/v1', id: '0123456789ab', url: 'https://a.example/', events, state: 'enabled' },
  ...{ created_at: now, failures: 0, lost: 0 },
});
const START: WebhookCursor = { schema: 'wan.webhook_cursor/v1', event_seq: 0, jobs: {}, order: 1 };
const job = (state: JobRecord['state']) => ({ id: 'a'.repeat(12), state, attempts: 0 }) as JobRecord;

/** One look for each state, as the sender looks. */
function told(asked: WebhookRecord, states: readonly JobRecord['state'][]): readonly DeliveryRecord[] {
  let cursor = START;
  return states.flatMap((state) => {
    const planned = planDeliveries(asked, cursor, { events: [], seq: 0, jobs: [job(state)], now });
    cursor = planned.cursor;
    return planned.deliveries;
  });
}

it.each([
  ['all of it', '*', ['job.queued', 'job.paused', 'job.queued', 'job.paused', 'job.queued']],
  ['one state of it', 'job.paused', ['job.paused', 'job.paused']],
])('a job that comes to one state again is told of again, to who wants %s', (_, wanted, types) => {
  const deliveries = told(webhook(wanted), ['queued', 'paused', 'queued', 'paused', 'queued']);
  expect(deliveries.map(({ type }) => type)).toEqual(types);
  expect(new Set(deliveries.map(({ id }) => id)).size).toBe(types.length);
});

it('what is planned again, because the cursor was not written, has the same ids, with more beside it too', () => {
  const event: StoreEvent = {
    ...{ schema: 'wan.store_event/v1', seq: 1, type: 'model.pinned', time: now },
    ...{ correlation_id: 'c', via: 'cli', data: {} },
  };
  const first = planDeliveries(webhook('*'), START, { events: [], seq: 0, jobs: [job('paused')], now });
  const again = planDeliveries(webhook('*'), START, { events: [event], seq: 1, jobs: [job('paused')], now });
  expect(again.deliveries.map(({ type }) => type)).toEqual(['model.pinned', 'job.paused']);
  expect(again.deliveries[1]?.id).toBe(first.deliveries[0]?.id);
});
