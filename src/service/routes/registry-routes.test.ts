import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODEL, type ModelWorld, modelFixture } from '../../../test/support/model-fixture.ts';
import { type TestService, testService } from '../../../test/support/test-service.ts';
import { checkInvariants } from '../../compose.ts';
import { modelDetails, modelList } from '../contract/models.ts';

interface Served {
  readonly world: ModelWorld;
  readonly served: TestService;
  readonly send: (
    method: string,
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ) => ReturnType<TestService['ask']>;
}

async function serve(env: Readonly<Record<string, string>> = {}): Promise<Served> {
  const world = await modelFixture({ files: { 'a.bin': 'some bytes' }, keys: { type: 'text-to-video', tags: ['nightly'] } });
  const served = await testService(world, { env: { WAN_API_ANONYMOUS: 'write', ...env } });
  const json = { 'content-type': 'application/json' };
  const send: Served['send'] = (method, path, body, headers = {}) =>
    served.ask(path, { method, headers: { ...(body && json), ...headers }, ...(body && { body: JSON.stringify(body) }) });
  return { world, served, send };
}

const chat = { name: 'chat', type: 'llm', description: 'answers questions', tags: ['small', 'small'], metadata: { origin: 'lab' } };

describe('a model that is registered', () => {
  it('is listed and shown as pending beside those of the manifest, also by another service on the same root', async () => {
    const { world, served, send } = await serve();
    const answer = await send('POST', '/v1/models', chat);
    expect([answer.status, answer.headers.get('location')]).toEqual([201, '/v1/models/chat%401.0.0']);
    const expected = { id: 'chat@1.0.0', status: 'pending', type: 'text-generation', tags: ['small'], custom: true, path: null };
    expect(answer.as(modelDetails)).toMatchObject({ ...expected, metadata: { origin: 'lab' }, deleted_at: null });
    const second = await testService(world);
    expect((await second.ask('/v1/models/chat')).as(modelDetails)).toMatchObject(expected);
    const { models, total } = (await served.ask('/v1/models')).as(modelList);
    expect([total, models.map(({ id, custom }) => [id, custom])]).toEqual([
      2,
      [
        [MODEL, false],
        ['chat@1.0.0', true],
      ],
    ]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it.each([
    ['custom=true', ['chat@1.0.0']],
    ['custom=false', [MODEL]],
    ['tag=small', ['chat@1.0.0']],
    ['tag=nightly', [MODEL]],
    ['type=LLM', ['chat@1.0.0']],
    ['type=Text-To-Video', [MODEL]],
    ['search=SMALL', ['chat@1.0.0']],
    ['status=pending&sort_by=id', ['chat@1.0.0', MODEL]],
    ['family=custom', ['chat@1.0.0']],
  ])('is found by %s', async (query, ids) => {
    const { served, send } = await serve();
    await send('POST', '/v1/models', chat);
    expect((await served.ask(`/v1/models?${query}`)).as(modelList).models.map(({ id }) => id)).toEqual(ids);
  });

  it('is there once, and never in place of one of the manifest', async () => {
    const { send } = await serve();
    await send('POST', '/v1/models', chat);
    for (const id of ['chat@1.0.0', MODEL]) {
      const again = await send('POST', '/v1/models', { id });
      expect([again.status, again.json().reason]).toEqual([409, 'model_exists']);
    }
  });

  it('has an id that differs by more than case from all others', async () => {
    const { send } = await serve();
    await send('POST', '/v1/models', chat);
    const shouted = { id: 'CHAT@1.0.0' };
    expect((await send('POST', '/v1/models', shouted)).json()).toMatchObject({ reason: 'model_exists', details: { model: 'chat@1.0.0' } });
    const upload = await send('POST', '/v1/uploads', { ...shouted, files: [{ path: 'a', size: 1 }] });
    expect([upload.status, upload.json().reason]).toEqual([409, 'model_exists']);
    await send('DELETE', '/v1/models/chat');
    expect((await send('POST', '/v1/models', shouted)).status).toBe(201);
  });

  it('has such an id also where a model with a third spelling was removed before, which is told before the Hub is asked', async () => {
    const { send } = await serve({ WAN_OFFLINE: '1' });
    const [removed, live, asked] = ['CHAT@1.0.0', 'Chat@1.0.0', 'chat@1.0.0'];
    await send('POST', '/v1/models', { id: removed });
    await send('DELETE', `/v1/models/${removed}`);
    expect((await send('POST', '/v1/models', { id: live })).status).toBe(201);
    const ofHub = { url: 'hf://org/name' };
    for (const more of [{}, ofHub])
      expect((await send('POST', '/v1/models', { id: asked, ...more })).json()).toMatchObject({
        reason: 'model_exists',
        details: { model: live },
      });
    expect((await send('POST', '/v1/models', { id: 'other@1.0.0', ...ofHub })).json().code).toBe('OFFLINE');
  });

  it('is what was said of it, where a caller sends null for what it has nothing to say of', async () => {
    const { send } = await serve();
    const nothing = { id: null, version: null, description: null, tags: null, metadata: null, path: null, url: null, model_type: null };
    const made = await send('POST', '/models', { name: 'chat', type: 'llm', ...nothing });
    expect([made.status, made.json()]).toEqual([201, expect.objectContaining({ id: 'chat@1.0.0', type: 'text-generation', tags: [] })]);
  });

  it('gets an id of the name of a repository', async () => {
    const { send } = await serve();
    expect((await send('POST', '/models/', { name: 'Qwen/Qwen2_5 VL', model_type: 'vision', size_gb: 3 })).json().id).toBe(
      'qwen-qwen2-5-vl@1.0.0',
    );
  });

  it.each([
    [{ name: 'x', path: '/etc/passwd' }, 'source_not_taken'],
    [{ name: 'x', url: 'http://169.254.169.254/' }, 'source_not_taken'],
    [{ type: 'llm' }, 'request_invalid'],
    [{ name: 'x', description: 'a\u202eb' }, 'entry_invalid'],
    [{ name: 'x', description: 'a'.repeat(4001) }, 'entry_invalid'],
    [{ name: 'x', type: 'magic' }, 'entry_invalid'],
    [{ name: 'x', tags: ['a\nb'] }, 'entry_invalid'],
    [{ name: 'x', metadata: { a: { b: { c: { d: { e: { f: { g: 1 } } } } } } } }, 'entry_invalid'],
    [{ name: 'x', metadata: { a: 'b'.repeat(20_000) } }, 'entry_invalid'],
    [{ name: 'x', metadata: { constructor: 1 } }, 'entry_invalid'],
  ])('is refused with nothing written: case %#', async (body, reason) => {
    const { send, served } = await serve();
    const answer = await send('POST', '/v1/models', body);
    expect([answer.status, answer.json().reason]).toEqual([400, reason]);
    expect((await served.ask('/v1/models')).as(modelList).total).toBe(1);
  });

  it('is removed, told as deleted to whoever asks for it, and can come again', async () => {
    const { send, served } = await serve();
    await send('POST', '/v1/models', chat);
    expect((await send('DELETE', '/v1/models/chat')).json()).toMatchObject({ success: true, removed: false });
    expect((await served.ask('/v1/models/chat@1.0.0')).as(modelDetails)).toMatchObject({
      status: 'deleted',
      deleted_at: expect.any(String),
    });
    expect((await served.ask('/v1/models')).as(modelList).total).toBe(1);
    expect((await served.ask('/v1/models?status=removed')).as(modelList).models.map(({ id }) => id)).toEqual(['chat@1.0.0']);
    expect((await send('PATCH', '/v1/models/chat', { tags: [] })).status).toBe(404);
    expect((await send('POST', '/v1/models', chat)).json()).toMatchObject({ status: 'pending' });
  });
});

describe('what is noted of a model', () => {
  it('is changed field by field, or as a whole, and stands over what the manifest says', async () => {
    const { served, send } = await serve();
    const url = `/v1/models/${MODEL}`;
    const first = (await send('PATCH', url, { description: 'ours <b>now</b>', tags: ['prod'], requirements: { min_ram_gb: 64 } })).as(
      modelDetails,
    );
    expect(first).toMatchObject({ description: 'ours <b>now</b>', tags: ['prod'], requirements: { min_ram_gb: 64 }, custom: false });
    expect((await send('PATCH', url, { tags: null })).as(modelDetails)).toMatchObject({
      description: 'ours <b>now</b>',
      tags: ['nightly'],
    });
    expect((await send('PUT', url, { type: 'tts' })).as(modelDetails)).toMatchObject({ description: 'a fixture', type: 'text-to-audio' });
    expect((await served.ask(`/v1/models?type=text-to-audio`)).as(modelList).models.map(({ id }) => id)).toEqual([MODEL]);
    await served.orchestrator.ensure(MODEL);
    expect((await served.ask(url)).as(modelDetails)).toMatchObject({ status: 'available', type: 'text-to-audio' });
  });

  it('brings no model back that was removed before the manifest came to have one of its name', async () => {
    const { world, served, send } = await serve();
    const ours = { [MODEL]: { files: { 'a.bin': 'some bytes' } } };
    await send('POST', '/v1/models', chat);
    await send('DELETE', '/v1/models/chat');
    await world.write({ ...ours, 'chat@1.0.0': { files: { 'b.bin': 'others' } } });
    const noted = await send('PATCH', '/v1/models/chat@1.0.0', { tags: ['prod'] });
    expect(noted.as(modelDetails)).toMatchObject({ custom: false, tags: ['prod'], description: 'a fixture' });
    await world.write(ours);
    expect((await served.ask('/v1/models')).as(modelList).models.map(({ id }) => id)).toEqual([MODEL]);
    expect((await served.ask('/v1/models/chat@1.0.0')).status).toBe(404);
    expect((await send('POST', '/v1/models', chat)).status).toBe(201);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('may have lines as Windows ends them, and joined emoji, but no text that reads otherwise than it is', async () => {
    const { send } = await serve();
    const description = 'one\r\ntwo \ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67';
    const noted = await send('PATCH', `/v1/models/${MODEL}`, { description, metadata: { note: description } });
    expect(noted.as(modelDetails)).toMatchObject({ description, metadata: { note: description } });
    for (const tag of ['a\r\nb', 'a\u200db']) expect((await send('PATCH', `/v1/models/${MODEL}`, { tags: [tag] })).status).toBe(400);
    for (const bad of ['a\rb', 'a\u202eb']) expect((await send('PATCH', `/v1/models/${MODEL}`, { description: bad })).status).toBe(400);
  });

  it('takes no key that nobody knows', async () => {
    const { send } = await serve();
    const answer = await send('PATCH', `/v1/models/${MODEL}`, { status: 'available' });
    expect([answer.status, answer.json().reason]).toEqual([400, 'request_invalid']);
  });

  it('is not changed over what somebody else has changed meanwhile, and a download is no change', async () => {
    const { served, send } = await serve();
    const url = `/v1/models/${MODEL}`;
    const seen = (await served.ask(url)).headers.get('etag') ?? '';
    expect((await served.ask(url, { headers: { 'if-none-match': seen } })).status).toBe(304);
    await served.orchestrator.ensure(MODEL);
    expect((await served.ask(url, { headers: { 'if-none-match': seen } })).status).toBe(200);
    const won = await send('PATCH', url, { description: 'one' }, { 'if-match': seen });
    expect([won.status, won.headers.get('etag') === seen]).toEqual([200, false]);
    const lost = await send('PATCH', url, { description: 'two' }, { 'if-match': seen });
    expect([lost.status, lost.json().reason]).toEqual([412, 'precondition_failed']);
    expect((await served.ask(url)).json().description).toBe('one');
    expect((await send('PUT', url, { description: 'two' }, { 'if-match': won.headers.get('etag') ?? '' })).status).toBe(200);
    expect((await send('PATCH', url, {}, { 'if-match': 'rubbish' })).status).toBe(412);
    const kept = await send('DELETE', url, undefined, { 'if-match': seen });
    expect([kept.status, kept.json().reason, (await served.ask(url)).json().status]).toEqual([412, 'precondition_failed', 'available']);
    const etag = (await served.ask(url)).headers.get('etag') ?? '';
    expect((await send('DELETE', url, undefined, { 'if-match': etag })).json()).toMatchObject({ removed: true });
  });

  it('is not lost among many who change it at once', async () => {
    const { served, send } = await serve();
    const names = [...Array(12).keys()].map((number) => `model-${number}`);
    const answers = await Promise.all(names.map((name) => send('POST', '/v1/models', { name })));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 201));
    expect((await served.ask('/v1/models?custom=true')).as(modelList).total).toBe(12);
  });

  it('needs the scope write', async () => {
    const { send, served } = await serve({ WAN_API_ANONYMOUS: 'auto' });
    const read = await served.bearer('read');
    for (const [method, path] of [
      ['POST', '/v1/models'],
      ['PATCH', `/v1/models/${MODEL}`],
      ['PUT', `/v1/models/${MODEL}`],
    ] as const)
      expect((await send(method, path, { name: 'x' }, read)).status).toBe(403);
  });
});

describe('a registry that is full', () => {
  it('takes nothing that would make it unreadable, and is served, and changed for less, as before', async () => {
    const { world, served, send } = await serve();
    const path = join(world.modelsRoot, '.state', 'registry', 'models.json');
    await send('POST', '/v1/models', { name: 'first' });
    const entry = { custom: true, metadata: { a: 'x'.repeat(16_000) }, created_at: AT, updated_at: AT, revision: 1 };
    const size = 64 * 2 ** 20 - 8000;
    const count = Math.floor(size / (JSON.stringify(entry).length + 21));
    await writeFile(path, registryText(Object.fromEntries([...Array(count).keys()].map((at) => [`m${at}@1.0.0`, entry]))));
    const large = { a: 'b'.repeat(16_000) };
    const refused = await send('POST', '/v1/models', { name: 'one-more', metadata: large, requirements: large });
    expect([refused.status, refused.json().reason]).toEqual([507, 'registry_full']);
    expect((await served.ask('/v1/models?custom=true')).as(modelList).total).toBe(count);
    expect((await send('PATCH', '/v1/models/m7', { metadata: null })).status).toBe(200);
    expect((await send('POST', '/v1/models', { name: 'one-more' })).status).toBe(201);
  });

  it('by its count of models has room again when one was removed', async () => {
    const { world, send } = await serve();
    await send('POST', '/v1/models', { name: 'first' });
    const entry = { custom: true, created_at: AT, updated_at: AT, revision: 1 };
    const many = Object.fromEntries([...Array(10_000).keys()].map((at) => [`m${at}@1.0.0`, entry]));
    await writeFile(join(world.modelsRoot, '.state', 'registry', 'models.json'), registryText(many));
    expect((await send('POST', '/v1/models', { name: 'one-more' })).json().reason).toBe('registry_full');
    expect((await send('DELETE', '/v1/models/m7')).status).toBe(200);
    expect((await send('POST', '/v1/models', { name: 'one-more' })).status).toBe(201);
  });
});

const AT = '2026-01-01T00:00:00.000Z';
const registryText = (models: object): string => JSON.stringify({ schema: 'wan.registry/v1', models });

describe('a registry that cannot be read', () => {
  const broken = [
    '{"schema":"wan.registry/v1","models":{"a@1.0.0":{"custom":7}}}',
    '{"schema":',
    '7',
    '{"schema":"wan.registry/v9","models":{}}',
  ];

  it.each(broken)('is told, is not touched, and is in nobody’s way who asks for a model of the manifest: %s', async (text) => {
    const world = await modelFixture({ files: { 'a.bin': 'some bytes' } });
    const path = join(world.directory, 'registry.json');
    await writeFile(path, text);
    const served = await testService(world, { env: { WAN_API_ANONYMOUS: 'write', MODEL_REGISTRY_FILE: path } });
    const list = await served.ask('/v1/models');
    expect([list.status, list.text]).toEqual([500, expect.stringContaining(path)]);
    const body = JSON.stringify({ name: 'x' });
    expect((await served.ask('/v1/models', { method: 'POST', body, headers: { 'content-type': 'application/json' } })).status).toBe(500);
    await served.orchestrator.ensure(MODEL);
    await expect(served.orchestrator.planGc()).rejects.toMatchObject({ message: expect.stringContaining('registry') });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('may lie in the root itself, as older deployments have it', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'some bytes' } });
    await mkdir(world.modelsRoot);
    const served = await testService(world, {
      env: { WAN_API_ANONYMOUS: 'write', MODEL_REGISTRY_FILE: join(world.modelsRoot, 'registry.json') },
    });
    const headers = { 'content-type': 'application/json' };
    await served.ask('/v1/models', { method: 'POST', body: '{"name":"x"}', headers });
    expect(JSON.parse(await readFile(join(world.modelsRoot, 'registry.json'), 'utf8'))).toMatchObject({ schema: 'wan.registry/v1' });
    await served.orchestrator.ensure(MODEL);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});
