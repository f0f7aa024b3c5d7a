import { describe, expect, it, onTestFinished } from 'vitest';
import { GithubServer } from '../../test/servers/github/github-server.ts';
import { neverAnswer, seeded, status, throttled } from '../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';

const MIB = 1024 * 1024;
const BIG = seeded(8 * MIB, 1);
const FILES = { 'unet/big.bin': BIG, 'config.json': '{}' };

describe('what is remembered against sources', () => {
  const worldThatFails = async () => {
    const world = await modelFixture({ files: FILES, sources: ['http:poor', 'http://127.0.0.1:1/gone', 'http:good'] });
    world.server('http:poor').fault(`${MODEL}/unet/big.bin`, status(404));
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL, { include: ['unet/*'] });
    return world;
  };

  it('is shown with what failed, when, and until when others come first, to another process', async () => {
    const world = await worldThatFails();
    await using orchestrator = await world.orchestrator();
    const { sources, forgotten } = await orchestrator.sources(MODEL);
    expect(forgotten).toBeUndefined();
    const [poor, gone, good] = sources.map(({ failures }) => failures);
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
    expect(poor).toEqual([{ code: 'SOURCE_UNAVAILABLE', reason: 'not_found', file: 'unet/big.bin', at, until: at }]);
    expect(gone).toEqual([{ code: 'SOURCE_UNAVAILABLE', reason: 'refused', at }]);
    expect(good).toEqual([]);
    const lasts = Date.parse(poor?.[0]?.until ?? '') - Date.parse(poor?.[0]?.at ?? '');
    expect(lasts).toBe(300_000);
  });

  it('is forgotten on request, and the source asked in its turn', async () => {
    const world = await worldThatFails();
    world.server('http:poor').clearFaults();
    const files = { 'unet/big.bin': seeded(3 * MIB, 2) };
    await using orchestrator = await world.orchestrator();
    expect((await orchestrator.sources(MODEL, { forget: true })).forgotten).toBe(2);
    const after = await orchestrator.sources(MODEL, { forget: true });
    expect([after.forgotten, after.sources.flatMap(({ failures }) => failures)]).toEqual([0, []]);
    world.server('http:poor').put(`${MODEL}/unet/big.bin`, files['unet/big.bin']);
    world.server('http:good').put(`${MODEL}/unet/big.bin`, files['unet/big.bin']);
    world.server('http:good').requests.length = 0;
    await world.write({ [MODEL]: { files, sources: ['http:poor', 'http:good'] } });
    await orchestrator.ensure(MODEL);
    expect(world.server('http:good').sentBytes(`${MODEL}/unet/big.bin`)).toBe(0);
  });

  it('can be passed over for one download: forced, it asks in the order of the manifest', async () => {
    const world = await worldThatFails();
    world.server('http:poor').clearFaults();
    for (const [force, asked] of [
      [false, 0],
      [true, 1],
    ] as const) {
      await world.write({ [MODEL]: { files: { 'unet/big.bin': force ? BIG : seeded(8 * MIB, 3) }, sources: ['http:poor', 'http:good'] } });
      world.server('http:poor').requests.length = 0;
      await using orchestrator = await world.orchestrator();
      await orchestrator.ensure(MODEL, { force });
      expect(world.server('http:poor').requests.length > 0, `force ${force}`).toBe(asked === 1);
    }
  });
});

describe('the sources of a model', () => {
  it('are told in the order in which they are asked, without asking them', async () => {
    const world = await modelFixture({
      files: { ...FILES, 'vae.bin': { content: 'vae', keys: { url: 'https://cdn.example/vae.bin?X-Amz-Signature=s3cret' } } },
      sources: ['local', 'http', 's3://models/wan', 'github://wan/models@v1', 'peer://node-7'],
      env: { GITHUB_TOKEN: 'ghp_s3cret', AWS_ACCESS_KEY_ID: 'AKIAS3CRET', AWS_SECRET_ACCESS_KEY: 's3cret' },
    });
    await using orchestrator = await world.orchestrator();
    const report = await orchestrator.sources(MODEL);
    expect(report.sources).toEqual([
      { source: 'https://cdn.example/vae.bin?…', host: 'cdn.example', fileCount: 1, file: 'vae.bin', failures: [] },
      { source: `local://local/${MODEL}`, fileCount: 3, failures: [] },
      { source: `${world.server().url}/${MODEL}`, host: new URL(world.server().url).host, fileCount: 3, failures: [] },
      {
        source: 's3://models/wan',
        host: 'models.s3.amazonaws.com',
        fileCount: 3,
        credentials: expect.stringMatching(/^AWS_ACCESS_KEY_ID \(.*…/),
        failures: [],
      },
      {
        source: 'github://wan/models@v1',
        host: 'api.github.com',
        fileCount: 3,
        credentials: expect.stringMatching(/^GITHUB_TOKEN \(.*…/),
        failures: [],
      },
      { source: 'peer://node-7', fileCount: 3, error: expect.objectContaining({ code: 'NOT_IMPLEMENTED' }), failures: [] },
    ]);
    expect(JSON.stringify(report)).not.toMatch(/s3cret/i);
    expect(world.server().connectionCount).toBe(0);
  });

  it('open no socket offline, whatever is asked', async () => {
    const world = await modelFixture({ files: FILES, sources: ['http', 'local'] });
    await using orchestrator = await world.orchestrator();
    const { sources } = await orchestrator.sources(MODEL, { probe: true, offline: true });
    expect(sources).toMatchObject([{ error: { code: 'OFFLINE' } }, { probe: { file: 'unet/big.bin', latencyMs: expect.any(Number) } }]);
    expect(world.server().connectionCount).toBe(0);
  });

  it('are measured by a probe, from each of which no more than a sample is read', async () => {
    const world = await modelFixture({ files: FILES, sources: ['http:near', 'local'] });
    await using orchestrator = await world.orchestrator();
    const { sources } = await orchestrator.sources(MODEL, { probe: true });
    for (const { probe } of sources) {
      expect(probe).toEqual({ file: 'unet/big.bin', latencyMs: expect.any(Number), bytesPerSecond: expect.any(Number) });
      expect(probe?.latencyMs).toBeGreaterThan(0);
      expect(probe?.bytesPerSecond).toBeGreaterThan(0);
    }
    expect(world.server('http:near').requests.map(({ range }) => range)).toEqual([
      { first: 0, last: 0 },
      { first: 0, last: 4 * MIB - 1 },
    ]);
  });

  it('are not waited for when they are slow', async () => {
    const world = await modelFixture({ files: FILES, sources: ['http'] });
    world.server().fault('*', throttled(500_000), { skip: 1 });
    await using orchestrator = await world.orchestrator();
    const [source] = (await orchestrator.sources(MODEL, { probe: true })).sources;
    expect(source?.probe?.bytesPerSecond).toBeLessThan(2 * MIB);
    expect(world.server().sentBytes()).toBeLessThan(4 * MIB);
  });

  it('are told apart where they do not answer, lack files, or let nobody in', async () => {
    const github = await GithubServer.start();
    onTestFinished(() => github.stop());
    github.upload('wan/models', 'v1', 'config.json', '{}');
    const world = await modelFixture({
      files: FILES,
      sources: ['http://127.0.0.1:1/gone', 'local://nowhere', 'http:shut', 'github://wan/models@v1', 'github://wan/models@v2'],
      env: { GITHUB_API_URL: github.apiUrl },
    });
    world.server('http:shut').fault('*', status(401));
    await using orchestrator = await world.orchestrator();
    const { sources } = await orchestrator.sources(MODEL, { probe: true });
    expect(sources.map(({ probe }) => probe)).toMatchObject([
      { error: { code: 'SOURCE_UNAVAILABLE', reason: 'refused' } },
      { error: { reason: 'not_found' } },
      { error: { code: 'AUTH_FAIL', reason: 'credentials_missing' } },
      { file: 'config.json', latencyMs: expect.any(Number) },
      { error: { reason: 'release_not_found' } },
    ]);
  });

  it('are no longer asked when the caller gives up', async () => {
    const world = await modelFixture({ files: FILES, sources: ['http', 'local'] });
    world.server().fault('*', neverAnswer());
    await using orchestrator = await world.orchestrator();
    const controller = new AbortController();
    const probing = orchestrator.sources(MODEL, { probe: true, signal: controller.signal });
    await expect.poll(() => world.server().requests.length).toBe(1);
    controller.abort();
    await expect(probing).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
