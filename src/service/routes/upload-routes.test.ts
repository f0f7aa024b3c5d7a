import { existsSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { seeded } from '../../../test/servers/http/fault-server.ts';
import { flipBit } from '../../../test/support/flip-bit.ts';
import { MODEL, type ModelWorld, modelFixture } from '../../../test/support/model-fixture.ts';
import { type TestService, testService } from '../../../test/support/test-service.ts';
import { sha256, type UploadedPart, Uploader } from '../../../test/support/uploader.ts';
import { checkInvariants } from '../../compose.ts';
import { modelDetails } from '../contract/models.ts';
import { uploadDocument } from '../contract/uploads.ts';

const ID = 'mine@1.0.0';
const PATIENCE = { timeout: 30_000 };
const random = (size: number, seed: number): Uint8Array => new Uint8Array(seeded(size, seed).read(0, size));
const big = random(3_000_000, 7);
const small = new TextEncoder().encode('{"a":1}');
const parts: readonly UploadedPart[] = [
  { path: 'weights/model.bin', bytes: big },
  { path: 'config.json', bytes: small, sha256: null },
  { path: 'empty.txt', bytes: new Uint8Array() },
];

interface Served {
  readonly world: ModelWorld;
  readonly served: TestService;
  readonly client: Uploader;
}

async function serve(env: Readonly<Record<string, string>> = {}): Promise<Served> {
  const world = await modelFixture({ files: { 'a.bin': 'some bytes' }, env: { WAN_API_ANONYMOUS: 'write', ...env } });
  const served = await testService(world);
  return { world, served, client: new Uploader(served.url) };
}

async function begun(client: Uploader, files: readonly UploadedPart[] = parts, model = ID): Promise<string> {
  const answer = await client.begin(model, files);
  expect([answer.status, answer.json.code]).toEqual([201, undefined]);
  return String(answer.json.id);
}

async function uploaded(client: Uploader, files: readonly UploadedPart[] = parts, model = ID): Promise<string> {
  const id = await begun(client, files, model);
  for (const [index, { bytes }] of files.entries())
    expect((await client.sendFile(id, index, bytes))?.json).toEqual(bytes.length > 0 ? {} : undefined);
  return id;
}

describe('an upload', () => {
  it('in pieces, over two services, becomes a model as any other', async () => {
    const { world, served, client } = await serve();
    const id = await begun(client);
    expect((await client.patch(id, 0, 0, big.subarray(0, 1_000_001))).headers.get('upload-offset')).toBe('1000001');
    const second = await testService(world);
    const other = new Uploader(second.url);
    expect(await other.offset(id, 0)).toBe(1_000_001);
    await other.sendFile(id, 0, big, 700_000);
    await other.sendFile(id, 1, small);
    const looked = (await second.ask(`/v1/uploads/${id}`)).as(uploadDocument);
    expect(looked.files.map(({ state, sha256: digest }) => [state, digest])).toEqual([
      ['proven', sha256(big)],
      ['proven', sha256(small)],
      ['received', sha256('')],
    ]);
    expect((await client.complete(id)).json).toMatchObject({ id: ID, status: 'available', custom: true, family: 'custom', file_count: 3 });
    const directory = join(world.modelsRoot, 'custom', ID);
    for (const { path, bytes } of parts) expect(readFileSync(join(directory, path)).equals(bytes)).toBe(true);
    expect(await served.orchestrator.verifyIntegrity(ID, { deep: true })).toMatchObject({ ok: true });
    expect((await served.ask(`/v1/models/${ID}/files/config.json`)).text).toBe('{"a":1}');
    expect((await client.complete(id)).json).toMatchObject({ id: ID, status: 'available' });
    expect((await client.patch(id, 0, 0, small)).json.reason).toBe('upload_unknown');
    expect(readdirSync(join(world.modelsRoot, '.state', 'uploads'))).toEqual([]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it.each([
    ['of a model that was registered with a key of its own', { 'idempotency-key': 'registered' }],
    ['of a model that was registered without one', {}],
  ])('%s can be completed again, also when something was noted of it meanwhile', async (_, headers) => {
    const { client } = await serve();
    const register = () => client.send('POST', '/v1/models', { id: ID, description: 'mine' }, headers);
    expect((await register()).status).toBe(201);
    const id = await uploaded(client, [{ path: 'a', bytes: small }]);
    expect((await client.complete(id)).json).toMatchObject({ status: 'available', description: 'mine' });
    expect((await client.complete(id)).json).toMatchObject({ id: ID, status: 'available' });
    expect((await client.send('PATCH', `/v1/models/${ID}`, { tags: ['noted'] })).status).toBe(200);
    expect((await client.complete(id)).json).toMatchObject({ id: ID, status: 'available', tags: ['noted'] });
    expect((await register()).status).toBe(Object.keys(headers).length > 0 ? 201 : 409);
  });

  it('keeps what came of a request that is cut off', async () => {
    const { served, client } = await serve();
    const id = await begun(client);
    const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0', 'content-length': big.length };
    const cut = request({ port: served.port, method: 'PATCH', path: `/v1/uploads/${id}/files/0`, headers });
    const isCut = new Promise((resolve) => cut.once('close', resolve));
    cut.on('error', () => undefined).write(big.subarray(0, 500_000));
    await vi.waitFor(async () => expect(await client.offset(id, 0)).toBe(500_000), PATIENCE);
    cut.destroy(new Error('cut'));
    await isCut;
    await vi.waitFor(async () => expect(await client.offset(id, 0)).toBe(500_000), PATIENCE);
    await vi.waitFor(async () => expect((await client.sendFile(id, 0, big))?.status).toBe(204), PATIENCE);
    await client.sendFile(id, 1, small);
    expect((await client.complete(id)).json).toMatchObject({ status: 'available' });
  });

  it('proves what came whole also when the client has gone', async () => {
    const { served, client } = await serve();
    const whole = random(40_000_000, 9);
    const id = await begun(client, [{ path: 'a.bin', bytes: whole }]);
    const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0', 'content-length': whole.length };
    const gone = request({ port: served.port, method: 'PATCH', path: `/v1/uploads/${id}/files/0`, headers });
    gone.once('error', () => undefined).end(whole);
    await vi.waitFor(async () => expect(await client.offset(id, 0)).toBe(whole.length), { ...PATIENCE, interval: 5 });
    gone.destroy(new Error('gone'));
    await vi.waitFor(async () => {
      const { files } = (await served.ask(`/v1/uploads/${id}`)).as(uploadDocument);
      expect(files.map(({ state }) => state)).toEqual(['proven']);
    }, PATIENCE);
    expect((await client.complete(id)).json).toMatchObject({ status: 'available' });
  });

  it('keeps its word on bytes that came by another upload, where the proof of their blob is gone', async () => {
    const { world, served, client } = await serve();
    const [first] = parts;
    const id = await begun(client, [first as UploadedPart]);
    expect((await client.patch(id, 0, 0, big.subarray(0, 1_000_000))).headers.get('upload-offset')).toBe('1000000');
    await client.complete(await uploaded(client, [{ path: 'w.bin', bytes: big }], 'other@1.0.0'));
    const ledger = join(world.modelsRoot, '.state', 'ledger');
    expect(await client.offset(id, 0)).toBe(big.length);
    // As a kill between a new name of the blob and its note leaves it.
    rmSync(ledger, { recursive: true });
    expect(await client.offset(id, 0)).toBe(big.length);
    expect((await client.complete(id)).json).toMatchObject({ status: 'available' });
    expect(await served.orchestrator.verifyIntegrity(ID, { deep: true })).toMatchObject({ ok: true });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('takes its own bytes where those of another upload are found to be wrong', async () => {
    const { world, client } = await serve();
    const id = await begun(client, [{ path: 'w.bin', bytes: big }]);
    await client.complete(await uploaded(client, [{ path: 'w.bin', bytes: big }], 'other@1.0.0'));
    const digest = sha256(big);
    const blob = join(world.modelsRoot, '.blobs', 'sha256', digest.slice(0, 2), digest);
    flipBit(blob, 5);
    expect(await client.offset(id, 0)).toBe(big.length);
    expect((await client.complete(id)).json).toMatchObject({ reason: 'upload_incomplete' });
    expect(await client.offset(id, 0)).toBe(0);
    await client.sendFile(id, 0, big);
    expect((await client.complete(id)).json).toMatchObject({ status: 'available' });
    expect(readFileSync(join(world.modelsRoot, 'custom', ID, 'w.bin')).equals(big)).toBe(true);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('refuses other bytes than were named, keeps none of them, and takes the right ones then', async () => {
    const { world, client } = await serve();
    const id = await begun(client);
    const wrong = new Uint8Array(big);
    wrong[1_234_567] = (wrong[1_234_567] ?? 0) ^ 1;
    const refused = await client.sendFile(id, 0, wrong);
    expect([refused?.status, refused?.json.reason, refused?.json.code]).toEqual([422, 'upload_wrong_digest', 'CHECKSUM_FAIL']);
    expect(await client.offset(id, 0)).toBe(0);
    expect(existsSync(join(world.modelsRoot, '.blobs', 'sha256', sha256(wrong).slice(0, 2), sha256(wrong)))).toBe(false);
    const early = await client.complete(id);
    expect([early.status, early.json.reason]).toEqual([409, 'upload_incomplete']);
    await client.sendFile(id, 0, big);
    await client.sendFile(id, 1, small);
    expect((await client.complete(id)).status).toBe(200);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('asks for no bytes that are here already', async () => {
    const { client, served } = await serve();
    const id = await begun(client, [{ path: 'again.bin', bytes: new TextEncoder().encode('some bytes') }]);
    expect(await client.offset(id, 0)).toBe(0);
    await served.orchestrator.ensure(MODEL);
    expect(await client.offset(id, 0)).toBe(10);
    expect((await client.complete(id)).json).toMatchObject({ status: 'available' });
  });

  it('takes weights only that are what their name says', async () => {
    const { client } = await serve();
    const id = await begun(client, [{ path: 'model.safetensors', bytes: small }]);
    const refused = await client.sendFile(id, 0, small);
    expect([refused?.status, refused?.json.code]).toEqual([422, 'FORMAT_INVALID']);
    expect(await client.offset(id, 0)).toBe(0);
  });

  it('tells where it stands to whoever is somewhere else', async () => {
    const { client } = await serve();
    const id = await begun(client);
    await client.patch(id, 0, 0, big.subarray(0, 10));
    for (const offset of [0, 9, 11]) {
      const answer = await client.patch(id, 0, offset, big.subarray(offset, 100));
      expect([answer.status, answer.json.reason, answer.headers.get('upload-offset')]).toEqual([409, 'upload_offset', '10']);
    }
    expect((await client.patch(id, 1, 0, big.subarray(0, 100))).json.reason).toBe('upload_too_long');
    expect((await client.patch(id, 9, 0, small)).status).toBe(404);
    expect((await client.send('PATCH', `/v1/uploads/${id}/files/0`, {}, { 'upload-offset': '10' })).json.reason).toBe('media_type_unknown');
  });

  it('lets one request at a time write to a file', async () => {
    const { client } = await serve();
    const id = await begun(client);
    let more: ReadableStreamDefaultController<Uint8Array> | undefined;
    const slow = new ReadableStream<Uint8Array>({
      start: (controller) => {
        more = controller;
        controller.enqueue(big.subarray(0, 100));
      },
    });
    const first = client.patch(id, 0, 0, slow);
    await vi.waitFor(async () => expect(await client.offset(id, 0)).toBe(100), PATIENCE);
    const second = await client.patch(id, 0, 100, big.subarray(100, 200));
    expect([second.status, second.json.reason]).toEqual([423, 'upload_busy']);
    more?.close();
    expect((await first).status).toBe(204);
  });

  it('goes, with all that came of it, when it is given up', async () => {
    const { world, client } = await serve();
    const id = await begun(client);
    await client.sendFile(id, 1, small);
    await client.patch(id, 0, 0, big.subarray(0, 1000));
    expect((await client.send('DELETE', `/v1/uploads/${id}`)).json).toMatchObject({ success: true, id });
    expect([await client.offset(id, 0), readdirSync(join(world.modelsRoot, '.tmp'))]).toEqual([Number.NaN, []]);
    expect(existsSync(join(world.modelsRoot, '.blobs', 'sha256', sha256(small).slice(0, 2), sha256(small)))).toBe(false);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describe('a model that was uploaded', () => {
  it('is ensured, frozen or not, and planned, moved about and copied as any other', async () => {
    const { world, served, client } = await serve();
    await client.complete(await uploaded(client));
    const { orchestrator } = served;
    expect(await orchestrator.ensure(ID, { frozen: true })).toBe(join(world.modelsRoot, 'custom', ID));
    expect((await orchestrator.plan(ID)).fetchBytes).toBe(0);
    await orchestrator.pinModel('mine');
    expect((await served.ask(`/v1/models/${ID}`, { method: 'DELETE' })).json()).toMatchObject({ reason: 'model_pinned' });
    const copied = await orchestrator.export(ID, { to: join(world.directory, 'copy') });
    expect(readFileSync(join(copied.path, 'weights', 'model.bin')).equals(big)).toBe(true);
    const listed = (await world.cli(['models', 'list', '--json'])).json();
    expect(JSON.stringify(listed.data)).toContain(ID);
  });

  it('whose bytes are lost is told to have no source, and comes back with another upload of the same', async () => {
    const { world, served, client } = await serve();
    await client.complete(await uploaded(client));
    await served.orchestrator.remove(ID);
    await expect(served.orchestrator.ensure(ID)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect((await served.ask(`/v1/models/${ID}`)).as(modelDetails).status).toBe('pending');
    const told = parts.map(({ path, bytes }) => ({ path, bytes }));
    expect((await client.complete(await uploaded(client, told))).json).toMatchObject({ status: 'available' });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is not taken for nothing where the registry is lost: another one of its name does not replace the only copy', async () => {
    const { world, client } = await serve();
    await client.complete(await uploaded(client));
    const registry = join(world.modelsRoot, '.state', 'registry', 'models.json');
    renameSync(registry, `${registry}.lost`);
    const other = await uploaded(client, [{ path: 'weights/model.bin', bytes: random(5000, 3) }]);
    expect((await client.complete(other)).json).toMatchObject({ reason: 'model_exists' });
    expect(readFileSync(join(world.modelsRoot, 'custom', ID, 'weights/model.bin')).equals(big)).toBe(true);
    const same = await begun(
      client,
      parts.map(({ path, bytes }) => ({ path, bytes })),
    );
    expect((await client.complete(same)).json).toMatchObject({ status: 'available' });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is no part of the manifest: what is made of that is refused', async () => {
    const { served, client } = await serve();
    await client.complete(await uploaded(client));
    await expect(served.orchestrator.drop([ID])).rejects.toMatchObject({ reason: 'model_of_registry' });
  });
});

describe('two uploads at once', () => {
  it('of the same model and bytes both end well', async () => {
    const { world, client } = await serve();
    const ids = await Promise.all([begun(client), begun(client)]);
    await Promise.all(ids.flatMap((id) => parts.map(({ bytes }, index) => client.sendFile(id, index, bytes, 200_000))));
    const answers = await Promise.all(ids.map((id) => client.complete(id)));
    expect(answers.map(({ status, json }) => [status, json.status])).toEqual([
      [200, 'available'],
      [200, 'available'],
    ]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('of the same model with other bytes: one wins, and the other is told', async () => {
    const { world, client } = await serve();
    const [one, other] = [[{ path: 'a', bytes: small }], [{ path: 'a', bytes: big }]];
    const [first, second] = [await uploaded(client, one), await uploaded(client, other)];
    expect((await client.complete(first)).status).toBe(200);
    const lost = await client.complete(second);
    expect([lost.status, lost.json.reason]).toEqual([409, 'model_exists']);
    expect(readFileSync(join(world.modelsRoot, 'custom', ID, 'a')).equals(small)).toBe(true);
    expect((await client.begin(ID, other)).json.reason).toBe('model_exists');
    expect((await client.begin(ID, one)).status).toBe(201);
  });
});

describe('what is refused before the first byte', () => {
  it.each([
    [[{ path: '../x', size: 1 }], 400, 'upload_invalid'],
    [
      [
        { path: 'a', size: 1 },
        { path: 'A', size: 1 },
      ],
      400,
      'upload_invalid',
    ],
    [[{ path: '.verified.json', size: 1 }], 400, 'upload_invalid'],
    [[{ path: 'a', size: 1, sha256: 'nonsense' }], 400, 'request_invalid'],
    [[{ path: 'a', size: -1 }], 400, 'request_invalid'],
    [[{ path: 'a', size: 1, sha512: 'x' }], 400, 'request_invalid'],
    [[], 400, 'request_invalid'],
    [[{ path: 'a', size: 5_000_000_000 }], 413, 'upload_too_large'],
    [[{ path: 'a', size: 3_000_000_000 }], 507, 'quota_total'],
  ])('%j', async (files, status, reason) => {
    const { world, client } = await serve({ WAN_MAX_UPLOAD_SIZE: '4G', WAN_MAX_TOTAL_SIZE: '2G' });
    const answer = await client.send('POST', '/v1/uploads', { id: ID, files });
    expect([answer.status, answer.json.reason ?? null]).toEqual([status, reason]);
    expect(existsSync(join(world.modelsRoot, '.state', 'uploads'))).toBe(false);
  });

  it('a model of the manifest, and more than there is room for with what others have begun', async () => {
    const { client } = await serve({ WAN_MAX_TOTAL_SIZE: '4M' });
    expect((await client.begin(MODEL, parts)).json.reason).toBe('model_exists');
    await begun(client, parts, 'one@1.0.0');
    const other = random(3_000_000, 8);
    expect((await client.begin('two@1.0.0', [{ path: 'b', bytes: other }])).json.code).toBe('QUOTA_EXCEEDED');
  });

  it('needs the scope write', async () => {
    const { served, client } = await serve({ WAN_API_ANONYMOUS: 'auto' });
    const token = await served.bearer('read');
    expect((await new Uploader(served.url, token).begin(ID, parts)).status).toBe(403);
    expect((await client.begin(ID, parts)).status).toBe(401);
  });
});

describe('garbage collection', () => {
  it('leaves an upload alone that is not over, and removes what there is of one that is', async () => {
    const { world, served, client } = await serve({ WAN_GC_GRACE: '0', WAN_UPLOAD_TTL: '60s' });
    const id = await begun(client);
    await client.sendFile(id, 1, small);
    await client.patch(id, 0, 0, big.subarray(0, 1000));
    const kept = await served.orchestrator.gc();
    expect(kept.items.map(({ kind, action, reason }) => [kind, action, reason])).toEqual([['partial', 'keep', 'at_work']]);
    const { classes } = await served.orchestrator.diskUsage();
    expect(classes.find(({ byteClass }) => byteClass === 'partial')?.apparentBytes).toBe(1000 + small.length);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 });
    try {
      const gone = await served.orchestrator.gc();
      expect(gone.items.map(({ kind, action }) => [kind, action]).sort()).toEqual([
        ['blob', 'remove'],
        ['partial', 'remove'],
      ]);
    } finally {
      vi.useRealTimers();
    }
    expect((await client.complete(id)).json.reason).toBe('upload_unknown');
    expect([readdirSync(join(world.modelsRoot, '.tmp')), readdirSync(join(world.modelsRoot, '.state', 'uploads'))]).toEqual([[], []]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it.each(['the manifest has a model of that name', 'the registry is not where it was'])('never takes it while %s', async (why) => {
    const { world, served, client } = await serve({ WAN_GC_GRACE: '0' });
    await client.complete(await uploaded(client));
    const registry = join(world.modelsRoot, '.state', 'registry', 'models.json');
    const before = { [MODEL]: { files: { 'a.bin': 'some bytes' } } };
    if (why.startsWith('the manifest')) {
      await world.write({ ...before, [ID]: { files: { 'other.bin': 'not these' } } });
      expect((await client.send('PATCH', `/v1/models/${ID}`, { tags: ['x'] })).status).toBe(200);
    } else renameSync(registry, `${registry}.moved`);
    const report = await served.orchestrator.gc({ olderThanMs: 1, maxSizeBytes: 0, purge: true });
    expect(report.items.find(({ what }) => what === ID)).toMatchObject({ action: 'keep', reason: 'only_copy' });
    await world.write(before);
    if (existsSync(`${registry}.moved`)) renameSync(`${registry}.moved`, registry);
    expect((await served.ask(`/v1/models/${ID}`)).as(modelDetails)).toMatchObject({ status: 'available', custom: true, file_count: 3 });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('never takes the only copy of an uploaded model; whoever removes it by name gets the bytes back', async () => {
    const { world, served, client } = await serve({ WAN_GC_GRACE: '0' });
    await client.complete(await uploaded(client));
    utimesSync(join(world.modelsRoot, '.state', 'access', `custom@${ID}`), 1, 1);
    const report = await served.orchestrator.gc({ olderThanMs: 1, maxSizeBytes: 0, purge: true });
    expect(report.items.find(({ what }) => what === ID)).toMatchObject({ action: 'keep', reason: 'only_copy' });
    expect((await served.ask(`/v1/models/${ID}`)).as(modelDetails).status).toBe('available');
    const removed = await served.ask(`/v1/models/${ID}`, { method: 'DELETE' });
    expect(removed.json()).toMatchObject({ success: true, removed: true });
    expect((await served.ask(`/v1/models/${ID}`)).as(modelDetails).status).toBe('deleted');
    expect(existsSync(join(world.modelsRoot, 'custom', ID))).toBe(false);
    expect(existsSync(join(world.modelsRoot, '.blobs', 'sha256', sha256(big).slice(0, 2), sha256(big)))).toBe(false);
    await client.complete(await uploaded(client));
    expect((await served.ask(`/v1/models/${ID}`)).as(modelDetails).status).toBe('available');
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});
