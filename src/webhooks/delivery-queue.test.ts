import { expect, it } from 'vitest';
import { testStore } from '../../test/support/test-store.ts';
import type { DeliveryRecord } from '../domain/webhooks.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { WebhookRecords } from './webhook-records.ts';

const WEBHOOK = '0123456789ab';
const LIMITS = { pending: 3, ended: 2 };

const delivery = (order: number): DeliveryRecord => ({
  ...{ schema: 'wan.webhook_delivery/v1', id: `msg_${order}`, webhook: WEBHOOK, type: 'model.pinned', order, body: '{}' },
  ...{ state: 'pending', created_at: '2026-03-01T12:00:00.000Z', attempts: 0 },
});

async function open(...orders: number[]) {
  const { context } = await testStore();
  const records = new WebhookRecords(context);
  const queue = new DeliveryQueue(records, WEBHOOK, LIMITS);
  await queue.add(orders.map(delivery));
  return {
    queue,
    onDisk: () => records.deliveries(WEBHOOK).map(({ order, state }) => (state === 'pending' ? order : `${order} ${state}`)),
  };
}

it('keeps the newest of too many that wait, and says how many it lost', async () => {
  const { queue, onDisk } = await open(1, 2, 3, 4, 5);
  expect(await queue.bound()).toBe(2);
  expect(onDisk()).toEqual([3, 4, 5]);
  expect(await queue.bound()).toBe(0);
});

it('never loses the one that is being sent, wherever it stands', async () => {
  const { queue, onDisk } = await open(1, 2, 3, 4, 5, 6);
  const sent = queue.take(({ order }) => order === 2);
  expect(await queue.bound()).toBe(2);
  expect(onDisk()).toEqual([2, 4, 5, 6]);
  await queue.note({ ...(sent as DeliveryRecord), state: 'delivered' });
  expect(onDisk()).toEqual(['2 delivered', 4, 5, 6]);
});

it('keeps the last of those that ended, which are no loss', async () => {
  const { queue, onDisk } = await open(1, 2, 3);
  for (const order of [1, 2, 3]) await queue.note({ ...delivery(order), state: order === 2 ? 'failed' : 'delivered' });
  expect(await queue.bound()).toBe(0);
  expect(onDisk()).toEqual(['2 failed', '3 delivered']);
});
