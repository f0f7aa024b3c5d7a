/** Models that a caller registers by the URLs of their files: fetched as any other, proven, and never from inside. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FaultServer, redirectTo, seeded } from '../../../test/servers/http/fault-server.ts';
import { HubServer } from '../../../test/servers/hub/hub-server.ts';
import { modelFixture } from '../../../test/support/model-fixture.ts';
import { testService } from '../../../test/support/test-service.ts';
import { sha256 } from '../../../test/support/uploader.ts';
import { checkInvariants } from '../../compose.ts';
import { modelDetails, modelList } from '../contract/models.ts';

const ID = 'theirs@1.0.0';
const BYTES = 'weights of theirs';

async function sourceOf(files: Readonly<Record<string, string>>): Promise<FaultServer> {
  const server = await FaultServer.start({ files });
  onTestFinished(() => server.stop());
  return server;
}

async function serve(allowed = '', env: Readonly<Record<string, string>> = {}) {
  const world = await modelFixture({
    files: { 'a.bin': 'some bytes' },
    env: { WAN_API_ANONYMOUS: 'write', WAN_GC_GRACE: '0', ...env, ...(allowed && { WAN_ALLOWED_INTERNAL_HOSTS: allowed }) },
  });
  const served = await testService(world);
  const register = (body: object) =>
    served.ask('/api/models', {
      ...{ method: 'POST', body: JSON.stringify({ name: 'theirs', ...body }), headers: { 'content-type': 'application/json' } },
    });
  return { world, served, register };
}

const fileAt = (url: string, bytes = BYTES, path = 'weights/a.bin') => ({ path, url, size: bytes.length, sha256: sha256(bytes) });

describe('a model that is registered by URLs', () => {
  it('is pending until it is downloaded, proven then, and gc may take it since it comes back', async () => {
    const source = await sourceOf({ 'x/a.bin': BYTES });
    const { world, served, register } = await serve('127.0.0.1');
    const made = await register({ type: 'llm', files: [fileAt(source.urlOf('x/a.bin'))] });
    expect([made.status, made.as(modelDetails)]).toEqual([
      201,
      expect.objectContaining({
        id: ID,
        status: 'pending',
        custom: true,
        file_count: 1,
        size_bytes: BYTES.length,
        bytes_needed: BYTES.length,
      }),
    ]);
    expect(source.requests).toEqual([]);
    const directory = await served.orchestrator.ensure(ID);
    expect(readFileSync(join(directory, 'weights', 'a.bin'), 'utf8')).toBe(BYTES);
    expect((await served.ask(`/v1/models/${ID}`)).as(modelDetails)).toMatchObject({ status: 'available', proof: 'manifest-sha256' });
    const sources = (await served.ask(`/v1/models/${ID}/sources`)).json<{ sources: readonly { source: string }[] }>().sources;
    expect(sources.map(({ source: url }) => url)).toEqual([source.urlOf('x/a.bin')]);
    const { items } = await served.orchestrator.gc({ maxSizeBytes: 0, olderThanMs: 1, purge: true });
    expect(items.find(({ what }) => what === ID)).toMatchObject({ action: 'remove' });
    expect(readFileSync(join(await served.orchestrator.ensure(ID), 'weights', 'a.bin'), 'utf8')).toBe(BYTES);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('may be one file at one URL, with its size and sha256 beside it', async () => {
    const source = await sourceOf({ 'x/m%20odel.gguf': BYTES });
    const { served, register } = await serve('127.0.0.1');
    const url = source.urlOf('x/m%20odel.gguf');
    expect((await register({ url, size: BYTES.length, sha256: sha256(BYTES).toUpperCase() })).status).toBe(201);
    const files = (await served.ask(`/v1/models/${ID}/files`)).json<{ files: readonly { path: string }[] }>().files;
    expect(files.map(({ path }) => path)).toEqual(['m%20odel.gguf']);
    expect(readFileSync(join(await served.orchestrator.ensure(ID), 'm%20odel.gguf'), 'utf8')).toBe(BYTES);
  });

  it('is not there for other bytes than were named', async () => {
    const source = await sourceOf({ 'a.bin': 'weights of others' });
    const { served, register } = await serve('127.0.0.1');
    await register({ files: [fileAt(source.urlOf('a.bin'))] });
    await expect(served.orchestrator.ensure(ID)).rejects.toMatchObject({ code: 'CHECKSUM_FAIL' });
    expect((await served.ask(`/v1/models/${ID}`)).as(modelDetails).path).toBeTruthy();
    expect((await served.orchestrator.status(ID)).state).not.toBe('COMPLETE');
  });
});

describe('what is inside is not reached', () => {
  it.each(['http://127.0.0.1:9/a', 'http://169.254.169.254/latest', 'http://[::1]/a', 'http://0x7f.1/a', 'http://10.0.0.8/a'])(
    'by an address: %s',
    async (url) => {
      const { served, register } = await serve();
      const refused = await register({ files: [fileAt(url)] });
      expect([refused.status, refused.json().reason]).toEqual([400, 'address_forbidden']);
      expect((await served.ask('/v1/models?custom=true')).as(modelList).total).toBe(0);
    },
  );

  it('by a name that leads there', async () => {
    const source = await sourceOf({ 'a.bin': BYTES });
    const { served, register } = await serve();
    const url = new URL(source.urlOf('a.bin'));
    url.hostname = 'localhost';
    expect((await register({ files: [fileAt(url.href)] })).status).toBe(201);
    await expect(served.orchestrator.ensure(ID)).rejects.toMatchObject({
      attempts: [expect.objectContaining({ message: expect.stringContaining('may not lead there') })],
    });
    expect(source.requests).toEqual([]);
  });

  it('by a redirect of a server that may be asked', async () => {
    const [outer, inner] = [await sourceOf({ 'a.bin': BYTES }), await sourceOf({ 'a.bin': BYTES })];
    outer.fault('a.bin', redirectTo(inner.urlOf('a.bin')));
    const { served, register } = await serve(new URL(outer.url).host);
    expect((await register({ files: [fileAt(outer.urlOf('a.bin'))] })).status).toBe(201);
    await expect(served.orchestrator.ensure(ID)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect([outer.requests.length > 0, inner.requests]).toEqual([true, []]);
  });
});

describe('a repository of the Hub', () => {
  async function withHub() {
    const hub = await HubServer.start();
    onTestFinished(() => hub.stop());
    const weights = seeded(3_000_000, 5);
    hub.commit('org/chat', { 'config.json': '{"a":1}', 'model.safetensors.bin': weights });
    const served = await serve('', { HF_ENDPOINT: hub.url });
    return { hub, weights, ...served };
  }

  it.each(['hf://org/chat', 'https://huggingface.co/org/chat', 'https://huggingface.co/org/chat/tree/main'])(
    'is registered at the commit that it has, with the digest of every file, and downloaded: %s',
    async (url) => {
      const { hub, weights, world, served, register } = await withHub();
      const made = await register({ type: 'unknown', description: '', url });
      expect([made.status, made.as(modelDetails)]).toEqual([
        201,
        expect.objectContaining({ id: ID, status: 'pending', type: 'other', file_count: 2, size_bytes: 3_000_007 }),
      ]);
      expect(made.json<{ sources: string[] }>().sources).toEqual([expect.stringMatching(/^hf:\/\/org\/chat@[0-9a-f]{40}$/)]);
      hub.commit('org/chat', { 'config.json': '{"b":2}' });
      const body = JSON.stringify({ model_name: 'theirs' });
      const queued = await served.ask('/models/download', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
      expect(queued.json()).toMatchObject({ id: ID, result: 'started' });
      const directory = await served.orchestrator.ensure(ID);
      expect(readFileSync(join(directory, 'config.json'), 'utf8')).toBe('{"a":1}');
      expect(readFileSync(join(directory, 'model.safetensors.bin')).equals(weights.read(0, 3_000_000))).toBe(true);
      expect((await served.ask(`/v1/models/${ID}`)).as(modelDetails)).toMatchObject({ status: 'available', proof: 'manifest-sha256' });
      expect((await register({ url })).json().reason).toBe('model_exists');
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    },
  );

  it('keeps its source when something is noted of it', async () => {
    const { served, register } = await withHub();
    const { sources } = (await register({ url: 'hf://org/chat' })).json<{ sources: string[] }>();
    const body = JSON.stringify({ tags: ['prod'] });
    await served.ask(`/v1/models/${ID}`, { method: 'PUT', body, headers: { 'content-type': 'application/json' } });
    expect((await served.ask(`/v1/models/${ID}`)).as(modelDetails)).toMatchObject({ sources, tags: ['prod'], file_count: 2 });
  });

  it.each([
    ['hf://org/nowhere', 424, 'org/nowhere'],
    ['hf://nonsense', 400, 'hf://nonsense'],
    ['hf://org/chat@gone', 502, 'gone'],
  ])('that is none is told, and nothing is registered: %s', async (url, status, named) => {
    const { served, register } = await withHub();
    const refused = await register({ url });
    expect([refused.status, refused.text]).toEqual([status, expect.stringContaining(named)]);
    expect((await served.ask('/v1/models?custom=true')).as(modelList).total).toBe(0);
  });
});

describe('a URL that is not taken', () => {
  const proven = { size: BYTES.length, sha256: sha256(BYTES) };
  it.each([
    [{ url: 'https://example.org/a.bin' }, 'source_not_taken'],
    [{ url: 'https://example.org/a.bin', size: 3 }, 'source_not_taken'],
    [{ url: 'https://example.org/a.bin', ...proven, size: -1 }, 'source_not_taken'],
    [{ path: '/etc/passwd' }, 'source_not_taken'],
    [{ url: 'file:///etc/passwd', ...proven }, 'entry_invalid'],
    [{ url: 'local://x/a.bin', ...proven }, 'entry_invalid'],
    [{ url: 'guarded+https://example.org/a', ...proven }, 'entry_invalid'],
    [{ url: 'https://me:secret@example.org/a', ...proven }, 'entry_invalid'],
    [{ url: 'https://example.org/a?X-Amz-Signature=abc', ...proven }, 'entry_invalid'],
    [{ files: [fileAt('https://example.org/a', BYTES, '../a')] }, 'entry_invalid'],
    [{ files: [fileAt('https://example.org/a', BYTES, 'a'), fileAt('https://example.org/b', BYTES, 'A')] }, 'entry_invalid'],
    [{ files: [{ ...fileAt('https://example.org/a'), sha256: undefined }] }, 'request_invalid'],
    [{ files: [] }, 'request_invalid'],
  ])('case %#', async (body, reason) => {
    const { served, register } = await serve();
    const refused = await register(body);
    expect([refused.status, refused.json().reason]).toEqual([400, reason]);
    expect(refused.text).not.toContain('secret@');
    expect((await served.ask('/v1/models?custom=true')).as(modelList).total).toBe(0);
  });
});
