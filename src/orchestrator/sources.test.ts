import { describe, expect, it, onTestFinished } from 'vitest';
import { GithubServer } from '../../test/servers/github/github-server.ts';
import { neverAnswer, seeded, status, throttled } from '../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';

const MIB = 1024 * 1024;
const BIG = seeded(8 * MIB, 1);
const FILES = { 'unet/big.bin': BIG, 'config.json': '{}' };

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
      { source: 'https://cdn.example/vae.bin?…', host: 'cdn.example', fileCount: 1, file: 'vae.bin' },
      { source: `local://local/${MODEL}`, fileCount: 3 },
      { source: `${world.server().url}/${MODEL}`, host: new URL(world.server().url).host, fileCount: 3 },
      { source: 's3://models/wan', host: 'models.s3.amazonaws.com', fileCount: 3, credentials: 'AWS_ACCESS_KEY_ID' },
      { source: 'github://wan/models@v1', host: 'api.github.com', fileCount: 3, credentials: 'GITHUB_TOKEN' },
      { source: 'peer://node-7', fileCount: 3, error: expect.objectContaining({ code: 'NOT_IMPLEMENTED' }) },
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
