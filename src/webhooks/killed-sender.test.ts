import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { testStore } from '../../test/support/test-store.ts';
import { AddressGuard } from '../backends/http/address-guard.ts';
import { HttpClient } from '../backends/http/http-client.ts';
import { checkInvariants } from '../compose.ts';
import { WebhookSecrets } from '../credentials/webhook-secrets.ts';
import type { StoreEventDraft } from '../domain/store-events.ts';
import { newestStoreEvent, writeStoreEvents } from '../telemetry/store-events/store-event-records.ts';
import { WebhookRecords } from './webhook-records.ts';
import { Webhooks } from './webhooks.ts';

const SENDER = join(import.meta.dirname, 'fixtures', 'run-sender.ts');

async function world() {
  const { context } = await testStore();
  const userConfigDir = await tempDir();
  const guard = new AddressGuard({ allowedHosts: ['127.0.0.1'] });
  const client = new HttpClient({ guard });
  onTestFinished(() => client.close());
  const webhooks = new Webhooks({ context, secrets: new WebhookSecrets({ userConfigDir }), guard, client: async () => client });
  return { context, userConfigDir, webhooks };
}

/** What it has got, which models by which id; whoever hears of a request hears it before the answer. */
async function receiver(heard: () => void) {
  const models = new Map<string, string[]>();
  const server = createServer((request, response) => void take(request, response));
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { data } = JSON.parse(await text(request)) as { data: { model: string } };
    const id = String(request.headers['webhook-id']);
    models.set(id, [...(models.get(id) ?? []), data.model]);
    heard();
    response.writeHead(204).end();
  };
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { models, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

it('killed at any moment: every event arrives, one that arrives twice has the same id, and nothing is torn', {
  timeout: 180_000,
}, async () => {
  const { context, userConfigDir, webhooks } = await world();
  const { root } = context.resolver;
  let sender: ChildProcess | undefined;
  let isKilledByRequest = false;
  const { models, url } = await receiver(() => isKilledByRequest && sender?.kill('SIGKILL'));
  const { webhook } = await webhooks.add({ url, events: ['*'] });
  const written: string[] = [];
  const queued = (): number =>
    readdirSync(join(root, '.state'), { recursive: true }).filter((name) => String(name).includes('.msg_')).length;

  const isAllQueued = (): boolean => new WebhookRecords(context).cursor(webhook.id)?.event_seq === newestStoreEvent(context);

  for (const killedWhen of ['it queues', 'it is answered', 'it queues', 'it is answered', 'never'] as const) {
    const names = Array.from({ length: 12 }, (_, one) => `m${written.length + one}@1.0.0`);
    written.push(...names);
    await writeStoreEvents(context, names.map(pinned));
    isKilledByRequest = killedWhen === 'it is answered';
    const before = queued();
    sender = fork(SENDER, [root, userConfigDir]);
    const ended = once(sender, 'close');
    onTestFinished(() => void sender?.kill('SIGKILL'));
    if (killedWhen === 'it queues') while (queued() < before + 3) await setImmediate();
    if (killedWhen === 'never') while (!isAllQueued() || webhooks.list()[0]?.pending !== 0) await sleep(20);
    if (killedWhen !== 'it is answered') sender.kill('SIGKILL');
    await ended;
    expect(await checkInvariants(root)).toEqual([]);
  }
  const times = [...models.values()];
  expect(
    times.some((names) => names.length > 1),
    'one came twice',
  ).toBe(true);
  expect(times.every((names) => new Set(names).size === 1)).toBe(true);
  expect(times.map(([name]) => name).sort()).toEqual(written.sort());
  expect(webhooks.deliveries(webhook.id).every(({ state }) => state === 'delivered')).toBe(true);
  expect(webhooks.list()).toMatchObject([{ pending: 0, lost: 0 }]);
});

const pinned = (model: string): StoreEventDraft => ({
  ...{ type: 'model.pinned', time: '2026-03-01T12:00:00.000Z', model },
  ...{ correlation_id: 'c', via: 'cli', data: {} },
});
