import { hash } from 'node:crypto';
import { chmod, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture, textOf } from '../../../test/support/model-fixture.ts';
import { testService } from '../../../test/support/test-service.ts';

const WEIGHTS = seeded(300_000, 7);
const bytes = textOf(WEIGHTS);
const sha256 = hash('sha256', bytes);
const URL = `/v1/models/${MODEL}/files/unet/w%20eights.bin`;

async function servedModel() {
  const world = await modelFixture({ files: { 'unet/w eights.bin': WEIGHTS, empty: '' } });
  const served = await testService(world);
  await served.orchestrator.ensure(MODEL);
  const get = (headers: Readonly<Record<string, string>> = {}, method = 'GET') => fetch(`${served.url}${URL}`, { method, headers });
  return { world, served, get };
}

const bodyOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

describe('the content of a file', () => {
  it('comes whole, with its digest', async () => {
    const { get } = await servedModel();
    const response = await get();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '300000',
      'accept-ranges': 'bytes',
      etag: `"sha256:${sha256}"`,
      'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
      'x-wan-proof': 'manifest-sha256',
    });
    expect((await bodyOf(response)).equals(bytes)).toBe(true);
  });

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=1000-1999', 1000, 2000],
    ['bytes=299990-', 299_990, 300_000],
    ['bytes=-7', 299_993, 300_000],
  ])('comes in part, %s', async (range, start, end) => {
    const { get } = await servedModel();
    const response = await get({ range });
    expect([response.status, response.headers.get('content-range')]).toEqual([206, `bytes ${start}-${end - 1}/300000`]);
    expect((await bodyOf(response)).equals(bytes.subarray(start, end))).toBe(true);
  });

  it('does not come where a range lies outside of it, or the caller has it', async () => {
    const { get } = await servedModel();
    const outside = await get({ range: 'bytes=300000-' });
    expect([outside.status, outside.headers.get('content-range')]).toEqual([416, 'bytes */300000']);
    const etag = `"sha256:${sha256}"`;
    expect((await get({ 'if-none-match': `"x", W/${etag}` })).status).toBe(304);
    expect((await get({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await get({ range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
    const head = await get({}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), (await bodyOf(head)).length]).toEqual([200, '300000', 0]);
  });

  it('may be nothing at all', async () => {
    const { served } = await servedModel();
    const answer = await served.ask(`/models/${MODEL}/files/empty`);
    expect([answer.status, answer.headers.get('content-length'), answer.text]).toEqual([200, '0', '']);
  });

  it.each([
    ['..%2F..%2F..%2Fmodels.toml', 404],
    ['unet/../empty', 200],
    ['.verified.json', 404],
    ['unet', 404],
    ['%2Fetc%2Fpasswd', 404],
    ['unet%5Cw%20eights.bin', 404],
  ])('is only that of files of the model: %s', async (path, status) => {
    const { served } = await servedModel();
    expect((await served.ask(`/models/${MODEL}/files/${path}`)).status).toBe(status);
  });

  it('is not given where it is not what was proven', async () => {
    const { world, served } = await servedModel();
    const file = join(world.modelDir(), 'unet', 'w eights.bin');
    await chmod(file, 0o644);
    await writeFile(file, bytes.toReversed());
    const changed = await served.ask(URL);
    expect([changed.status, changed.json().reason]).toEqual([404, 'file_not_proven']);
    await rm(file);
    await writeFile(join(world.directory, 'secret'), 'secret');
    expect((await served.ask(URL)).status).toBe(404);
  });

  it('goes on when the model is removed meanwhile', async () => {
    const { served, get } = await servedModel();
    const response = await get();
    await served.orchestrator.remove(MODEL);
    expect((await bodyOf(response)).equals(bytes)).toBe(true);
    expect((await get()).status).toBe(404);
  });
});

describe('a file that is cut off while it is sent', () => {
  it('ends with the connection: nothing that comes later is taken for its bytes', async () => {
    const world = await modelFixture({ files: { 'w.bin': seeded(30_000_000, 5) } });
    const served = await testService(world);
    await served.orchestrator.ensure(MODEL);
    const file = join(world.modelDir(), 'w.bin');
    const response = await fetch(`${served.url}/v1/models/${MODEL}/files/w.bin`);
    await chmod(file, 0o644);
    await truncate(file, 29_000_000);
    await expect(response.arrayBuffer()).rejects.toThrow('terminated');
  });
});
