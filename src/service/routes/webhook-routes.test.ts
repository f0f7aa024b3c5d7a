import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { modelFixture } from '../../../test/support/model-fixture.ts';
import { testService } from '../../../test/support/test-service.ts';
import { addedWebhook, webhookList } from '../../documents/webhooks.ts';

const URL_WITH_SECRETS = 'https://hooks.example/services/s3cret-path?token=s3cret-query';

async function serve() {
  const world = await modelFixture({ files: { 'a.bin': 'some bytes' } });
  const served = await testService(world);
  const admin = await served.bearer('admin');
  const add = (body: object, key?: string, by = admin) =>
    served.ask('/v1/webhooks', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...by, ...(key !== undefined && { 'idempotency-key': key }) },
    });
  return { world, served, add, admin };
}

/** Of every file below. */
const textsBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));

it('a request to add one that is sent again has the same answer, and no secret lies under the root', async () => {
  const { world, served, add, admin } = await serve();
  const first = (await add({ url: URL_WITH_SECRETS }, 'k1')).as(addedWebhook);
  expect((await add({ url: URL_WITH_SECRETS }, 'k1')).as(addedWebhook)).toEqual(first);
  expect(first.secret).toMatch(/^whsec_/);
  const list = await served.ask('/v1/webhooks', { headers: admin });
  expect(list.as(webhookList).webhooks.map(({ id }) => id)).toEqual([first.webhook.id]);
  const texts = textsBelow(world.modelsRoot);
  expect(texts.some((text) => text.includes(first.webhook.id))).toBe(true);
  for (const text of [list.text, ...texts]) expect(text.includes('s3cret') || text.includes(first.secret.slice(6))).toBe(false);
});

it('a key that was used for another webhook is refused, and of another caller it is another key', async () => {
  const { served, add } = await serve();
  await add({ url: URL_WITH_SECRETS, events: ['job.*'] }, 'k1');
  for (const other of [{ url: 'https://hooks.example/' }, { url: URL_WITH_SECRETS }, { url: URL_WITH_SECRETS, events: ['model.*'] }]) {
    const refused = await add(other, 'k1');
    expect([refused.status, refused.json().reason]).toEqual([422, 'idempotency_key_reused']);
  }
  expect((await add({ url: URL_WITH_SECRETS }, 'k1', await served.bearer('admin'))).status).toBe(200);
  expect((await add({ url: URL_WITH_SECRETS })).status).toBe(200);
});

it('of many requests at once with one key, one webhook is made', async () => {
  const { served, add, admin } = await serve();
  const all = await Promise.all(Array.from({ length: 6 }, () => add({ url: URL_WITH_SECRETS }, 'k1')));
  expect(new Set(all.map(({ text }) => text)).size).toBe(1);
  expect((await served.ask('/v1/webhooks', { headers: admin })).as(webhookList).webhooks.length).toBe(1);
});
