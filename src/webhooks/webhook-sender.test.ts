import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { storeContextOf, testStore } from '../../test/support/test-store.ts';
import { AddressGuard } from '../backends/http/address-guard.ts';
import { HttpClient } from '../backends/http/http-client.ts';
import { WebhookSecrets } from '../credentials/webhook-secrets.ts';
import type { ModelError } from '../domain/errors.ts';
import type { StoreEventDraft } from '../domain/store-events.ts';
import { checkInvariants } from '../store/check-invariants.ts';
import { storeEventsSince, writeStoreEvents } from '../telemetry/store-events/store-event-records.ts';
import { DELIVERY_POLICY, type DeliveryPolicy } from './after-try.ts';
import { checkedSecret } from './signature.ts';
import { WebhookSender, type WebhookSenderOptions } from './webhook-sender.ts';
import { Webhooks } from './webhooks.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const QUICK: DeliveryPolicy = { ...DELIVERY_POLICY, firstDelayMs: 20, maxDelayMs: 50 };

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const pinned = (model: string): StoreEventDraft => ({
  ...{ type: 'model.pinned', time: '2026-03-01T12:00:00.000Z', model, correlation_id: 'c', via: 'cli', data: { reason: 'r' } },
});

/** What real receivers do, by turns; the last one goes on. */
type Behaviour = (response: ServerResponse) => void;
const answer =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    void response.writeHead(status, headers).end();

async function receiver(...behaviours: Behaviour[]) {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      behaviours[Math.min(received.length, behaviours.length) - 1]?.(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const until = async (isSo: () => boolean): Promise<void> => {
    for (let tries = 0; !isSo(); tries++) {
      if (tries > 600) throw new Error(`never; received ${JSON.stringify(received)}`);
      await sleep(25);
    }
  };
  return { url: `http://127.0.0.1:${port}/hooks/s3cret-path?token=s3cret-query`, port, received, until };
}

async function world(allowedHosts: readonly string[] = ['127.0.0.1']) {
  const { context } = await testStore();
  const userConfigDir = join(await tempDir(), 'config');
  const secrets = new WebhookSecrets({ userConfigDir });
  const guard = new AddressGuard({ allowedHosts });
  const client = new HttpClient({ guard });
  cleanUps.push(() => client.close());
  const webhooks = new Webhooks({ context, secrets, guard, client: async () => client });
  const troubles: ModelError[] = [];
  const start = (options: Partial<WebhookSenderOptions> = {}) => {
    const ending = new AbortController();
    const own = storeContextOf(context.resolver.root);
    const onTrouble = (error: ModelError) => void troubles.push(error);
    const sender = new WebhookSender({ context: own, secrets, client: async () => client, policy: QUICK, onTrouble, ...options });
    const done = sender.run(ending.signal);
    const stop = async () => {
      ending.abort();
      await done;
    };
    cleanUps.push(stop);
    return stop;
  };
  return { context, userConfigDir, secrets, webhooks, troubles, start, root: context.resolver.root };
}

const ids = (received: readonly Received[]) => received.map(({ headers }) => headers['webhook-id']);

/** With nothing of ours: what the scheme's receivers do. */
function verifiedByPython({ headers, body }: Received, secret: string): string {
  const script = `import sys, hmac, hashlib, base64, json
m = json.load(sys.stdin)
key = base64.b64decode(m["secret"].removeprefix("whsec_"))
signed = ".".join([m["id"], m["timestamp"], m["body"]]).encode()
want = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
print("good" if any(hmac.compare_digest(want, one) for one in m["signature"].split(" ")) else "bad")`;
  const message = {
    secret,
    id: headers['webhook-id'],
    timestamp: headers['webhook-timestamp'],
    signature: headers['webhook-signature'],
    body,
  };
  return execFileSync('python3', ['-c', script], { input: JSON.stringify(message) })
    .toString()
    .trim();
}

describe('a webhook', () => {
  it('is told of what it asked for, once, signed so that others can verify it', async () => {
    const { context, webhooks, start } = await world();
    const { url, received, until } = await receiver(answer(204));
    const { webhook, secret } = await webhooks.add({ url, events: ['model.*'] });
    start();
    await writeStoreEvents(context, [pinned('ä@1.0.0'), { ...pinned('b@1.0.0'), type: 'gc.finished' }, pinned('c@1.0.0')]);
    await until(() => received.length >= 2);
    await until(() => webhooks.deliveries(webhook.id).every(({ state }) => state === 'delivered'));
    expect(received.map(({ body }) => JSON.parse(body))).toEqual(
      ['ä@1.0.0', 'c@1.0.0'].map((model) => ({
        type: 'model.pinned',
        timestamp: '2026-03-01T12:00:00.000Z',
        data: { model, correlation_id: 'c', via: 'cli', reason: 'r' },
      })),
    );
    for (const one of received) {
      expect(verifiedByPython(one, secret.reveal())).toBe('good');
      expect(verifiedByPython({ ...one, body: `${one.body} ` }, secret.reveal())).toBe('bad');
      expect(one.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': expect.stringMatching(/^msg_[0-9a-f]{32}$/) });
      expect(Math.abs(Number(one.headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(300);
    }
    expect(new Set(ids(received)).size).toBe(2);
    expect(webhooks.list()).toMatchObject([{ id: webhook.id, pending: 0, failures: 0, lost: 0, last_success_at: expect.any(String) }]);
  });

  it('leaves no secret in the store, and its own file to its owner alone', async () => {
    const { context, webhooks, root, userConfigDir, start } = await world();
    const { url, received, until } = await receiver(answer(500));
    const { webhook, secret } = await webhooks.add({ url, events: ['*'] });
    const stop = start();
    await writeStoreEvents(storeContextOf(root), [pinned('a@1.0.0')]);
    await until(() => received.length > 0);
    await stop();
    const texts = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    expect(texts.some((text) => text.includes(webhook.id))).toBe(true);
    for (const text of texts) expect(text.includes('s3cret') || text.includes(secret.reveal().slice(6))).toBe(false);
    const file = join(userConfigDir, 'webhooks', `${webhook.id}.json`);
    expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await checkInvariants(context)).toEqual([]);
  });

  it('takes a secret of one’s own, and none that is weak', async () => {
    const { webhooks } = await world();
    const { url } = await receiver(answer(204));
    const own = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    expect((await webhooks.add({ url, events: ['*'], secret: checkedSecret(` ${own}\n`) })).secret.reveal()).toBe(own);
    for (const weak of ['whsec_YWJj', 'abc', `whsec_${Buffer.alloc(65).toString('base64')}`, 'whsec_%%%'])
      expect(() => checkedSecret(weak)).toThrow(
        expect.objectContaining({ reason: 'webhook_secret', message: expect.not.stringContaining(weak) }),
      );
  });

  it.each([
    ['ftp://127.0.0.1/', 'webhook_url'],
    ['http://user:pass@127.0.0.1/', 'webhook_url'],
    ['http://example.org/', 'webhook_url'],
    ['https://169.254.169.254/latest', 'address_forbidden'],
    ['https://[::1]/', 'address_forbidden'],
    ['https://0x7f.2/', 'address_forbidden'],
    ['nonsense', 'webhook_url'],
  ])('at %s is refused', async (url, reason) => {
    const { webhooks } = await world();
    await expect(webhooks.add({ url, events: ['*'] })).rejects.toMatchObject({ code: 'INVALID_INPUT', reason });
    expect(webhooks.list()).toEqual([]);
  });

  it('for events that there are not is refused', async () => {
    const { webhooks } = await world();
    for (const events of [[], ['model.flown'], ['model.*', 'x'], ['job.*.*']])
      await expect(webhooks.add({ url: 'http://127.0.0.1/', events })).rejects.toMatchObject({ reason: 'webhook_events' });
  });
});

describe('a receiver', () => {
  it('that fails gets the same delivery again, under the same id, and not before it wants to', async () => {
    const { context, webhooks, start } = await world();
    const { url, received, until } = await receiver(answer(500), answer(503, { 'retry-after': '1' }), answer(200));
    const { webhook } = await webhooks.add({ url, events: ['*'] });
    start();
    await writeStoreEvents(context, [pinned('a@1.0.0')]);
    await until(() => received.length === 2);
    const askedMs = performance.now();
    await until(() => received.length === 3);
    expect(performance.now() - askedMs).toBeGreaterThan(700);
    await until(() => webhooks.deliveries(webhook.id)[0]?.state === 'delivered');
    expect(new Set(ids(received)).size).toBe(1);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(webhooks.deliveries(webhook.id)).toMatchObject([{ attempts: 3, last: { status: 200 } }]);
  });

  it('that is gone (410) gets no more, which is told', async () => {
    const { context, webhooks, start, troubles } = await world();
    const { url, received, until } = await receiver(answer(410));
    const { webhook } = await webhooks.add({ url, events: ['*'] });
    start();
    await writeStoreEvents(context, [pinned('a@1.0.0')]);
    await until(() => webhooks.list()[0]?.state === 'disabled' && storeEventsSince(context, 1).events.length > 0);
    expect(webhooks.list()).toMatchObject([{ reason: expect.stringContaining('410'), lost: 1 }]);
    expect(troubles).toMatchObject([{ reason: 'webhook_disabled' }]);
    expect(storeEventsSince(context, 1).events).toMatchObject([{ type: 'webhook.disabled', data: { webhook: webhook.id } }]);
    await writeStoreEvents(context, [pinned('b@1.0.0')]);
    await sleep(1200);
    expect(received.length).toBe(1);
    await webhooks.enable(webhook.id);
    await writeStoreEvents(context, [pinned('c@1.0.0')]);
    await until(() => received.length === 2);
    expect(received[1]?.body).toContain('c@1.0.0');
  });

  it('of which nothing went well for long gets no more', async () => {
    const { context, webhooks, start } = await world();
    const { url, until } = await receiver(answer(500));
    await webhooks.add({ url, events: ['*'] });
    start({ policy: { ...QUICK, disableMs: 300 } });
    await writeStoreEvents(context, [pinned('a@1.0.0')]);
    await until(() => webhooks.list()[0]?.state === 'disabled');
    expect(webhooks.list()[0]?.reason).toMatch(/nothing could be delivered since .*status 500/);
  });

  it('that redirects is not followed', async () => {
    const { context, webhooks, start } = await world();
    const elsewhere = await receiver(answer(200));
    const { url, until } = await receiver(answer(307, { location: elsewhere.url }));
    const { webhook } = await webhooks.add({ url, events: ['*'] });
    start();
    await writeStoreEvents(context, [pinned('a@1.0.0')]);
    await until(() => (webhooks.deliveries(webhook.id)[0]?.attempts ?? 0) > 0);
    expect(webhooks.deliveries(webhook.id)[0]?.last?.error).toContain('not followed');
    expect(elsewhere.received).toEqual([]);
  });

  it('whose name leads to an inner address is not asked', async () => {
    const { context, webhooks, start } = await world(['10.0.0.0/8']);
    const { port, received, until } = await receiver(answer(200));
    const { webhook } = await webhooks.add({ url: `https://localhost:${port}/`, events: ['*'] });
    start();
    await writeStoreEvents(context, [pinned('a@1.0.0')]);
    await until(() => (webhooks.deliveries(webhook.id)[0]?.attempts ?? 0) > 0);
    expect(webhooks.deliveries(webhook.id)[0]?.last?.error).toContain('may not lead there');
    expect(received).toEqual([]);
  });

  it('that never answers, or never ends its answer, holds up nobody', async () => {
    const { context, webhooks, start } = await world();
    const silent = await receiver(() => undefined);
    const endless = await receiver((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(64 * 1024)), 1);
      response.on('close', () => clearInterval(timer));
    });
    const good = await receiver(answer(200));
    const [one, two] = [await webhooks.add({ url: silent.url, events: ['*'] }), await webhooks.add({ url: endless.url, events: ['*'] })];
    await webhooks.add({ url: good.url, events: ['*'] });
    start({ timeoutMs: 1500 });
    await writeStoreEvents(context, [pinned('a@1.0.0'), pinned('b@1.0.0')]);
    await good.until(() => good.received.length === 2);
    expect(webhooks.deliveries(one.webhook.id).every(({ attempts }) => attempts === 0)).toBe(true);
    await endless.until(() => webhooks.deliveries(two.webhook.id).every(({ state }) => state === 'delivered'));
    await silent.until(() => webhooks.deliveries(one.webhook.id).some(({ last }) => last?.error?.startsWith('no answer within') === true));
  });
});

describe('many webhooks', () => {
  it('whose receivers never answer hold up no other one, however much waits for them', async () => {
    const { context, webhooks, start } = await world();
    const silent = await receiver(() => undefined);
    const good = await receiver(answer(200));
    for (let one = 0; one < 6; one++) await webhooks.add({ url: silent.url, events: ['*'] });
    await webhooks.add({ url: good.url, events: ['*'] });
    start({ timeoutMs: 60_000 });
    await writeStoreEvents(context, ['a@1.0.0', 'b@1.0.0', 'c@1.0.0'].map(pinned));
    await good.until(() => good.received.length === 3);
    await silent.until(() => silent.received.length === 6);
  });

  it('of which one cannot be read: that is told once, and the others go on', async () => {
    const { context, webhooks, start, troubles } = await world();
    const { url, received, until } = await receiver(answer(200));
    const broken = await webhooks.add({ url, events: ['*'] });
    await webhooks.add({ url, events: ['*'] });
    const cursor = join(context.resolver.stateDir('webhooks'), `${broken.webhook.id}.cursor`);
    rmSync(cursor);
    mkdirSync(cursor);
    start();
    for (const [count, model] of ['a@1.0.0', 'b@1.0.0', 'c@1.0.0'].entries()) {
      await writeStoreEvents(context, [pinned(model)]);
      await until(() => received.length === count + 1);
    }
    expect(troubles).toMatchObject([{ message: expect.stringContaining('.cursor') }]);
  });
});

describe('deliveries', () => {
  it('that were queued by a sender that is gone are sent by the next one, in order, each once', async () => {
    const { context, webhooks, start } = await world();
    const { url, received, until } = await receiver(answer(500), answer(200));
    const { webhook } = await webhooks.add({ url, events: ['*'] });
    const stop = start({ policy: { ...QUICK, firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 } });
    await writeStoreEvents(context, [pinned('a@1.0.0')]);
    await until(() => webhooks.deliveries(webhook.id)[0]?.attempts === 1);
    await stop();
    await writeStoreEvents(context, [pinned('b@1.0.0'), pinned('c@1.0.0')]);
    for (const delivery of webhooks.deliveries(webhook.id)) expect(delivery.next_at).toBeDefined();
    const stops = [start(), start()];
    await until(() => received.length >= 3);
    await until(() => webhooks.deliveries(webhook.id).filter(({ state }) => state === 'delivered').length === 2);
    expect(received.slice(1).map(({ body }) => (JSON.parse(body) as { data: { model: string } }).data.model)).toEqual([
      'b@1.0.0',
      'c@1.0.0',
    ]);
    expect(webhooks.list()[0]?.pending).toBe(1);
    for (const end of stops) await end();
    expect(await checkInvariants(context)).toEqual([]);
  });

  it('that wait are sent also while the records of jobs cannot be read, and what is new follows', async () => {
    const { context, webhooks, start, troubles } = await world();
    const { url, received, until } = await receiver(answer(500));
    await webhooks.add({ url, events: ['*'] });
    const stop = start();
    await writeStoreEvents(context, [pinned('a@1.0.0')]);
    await until(() => received.length > 0);
    await stop();
    const count = received.length;
    const record = join(context.resolver.stateDir('jobs'), 'unreadable');
    mkdirSync(record, { recursive: true });
    const end = start();
    await until(() => received.length > count + 1);
    expect(troubles).toMatchObject([{ code: 'FILESYSTEM_ERROR', message: expect.stringContaining(record) }]);
    rmdirSync(record);
    await writeStoreEvents(context, [pinned('b@1.0.0')]);
    await until(() => received.some(({ body }) => body.includes('b@1.0.0')));
    await end();
    expect(await checkInvariants(context)).toEqual([]);
  });

  it('of a webhook that is removed are sent no more, and nothing of it stays', async () => {
    const { context, webhooks, start, userConfigDir } = await world();
    const { url, received, until } = await receiver(answer(500));
    const { webhook } = await webhooks.add({ url, events: ['*'] });
    start();
    await writeStoreEvents(context, [pinned('a@1.0.0')]);
    await until(() => received.length >= 2);
    await webhooks.remove(webhook.id);
    await sleep(700);
    const count = received.length;
    await sleep(700);
    expect(received.length).toBe(count);
    expect(readdirSync(join(userConfigDir, 'webhooks'))).toEqual([]);
    await expect(webhooks.remove(webhook.id)).rejects.toMatchObject({ reason: 'webhook_not_found' });
  });

  it('can be tried at once with a test', async () => {
    const { webhooks } = await world();
    const { url, received } = await receiver(answer(200), answer(404));
    const { webhook, secret } = await webhooks.add({ url, events: ['job.*'] });
    const signal = new AbortController().signal;
    expect(await webhooks.test(webhook.id, signal)).toMatchObject({ status: 200 });
    expect(received[0] && verifiedByPython(received[0], secret.reveal())).toBe('good');
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ type: 'webhook.test', data: { webhook: webhook.id } });
    expect(await webhooks.test(webhook.id, signal)).toMatchObject({ status: 404, error: 'answered with status 404' });
  });
});
