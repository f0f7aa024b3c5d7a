/** Files without a sha256 in the manifest, and servers that know better. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GithubServer } from '../../test/servers/github/github-server.ts';
import { type Content, seeded, sha256Hex, wrongBytesAt } from '../../test/servers/http/fault-server.ts';
import { gitOid } from '../../test/servers/hub/hub-repo.ts';
import { HubServer, storagePath } from '../../test/servers/hub/hub-server.ts';
import { describeS3 } from '../../test/servers/s3/describe-s3.ts';
import { MODEL, type ModelWorld, modelFixture, textOf } from '../../test/support/model-fixture.ts';
import { checkInvariants } from '../compose.ts';
import type { ModelEvent } from '../domain/events.ts';

const REPO = 'Wan-AI/tiny';
const HUB = `hf://${REPO}`;
const WEIGHTS = 'unet/model.safetensors';
const CONFIG = 'config.json';
const contents = { [WEIGHTS]: seeded(700_000, 31), [CONFIG]: '{"a":1}' };
const open = (content: Content | string) => ({ content, keys: { sha256: null } });
const files = { [WEIGHTS]: open(seeded(700_000, 31)), [CONFIG]: open('{"a":1}') };
const CONFIG_OID = gitOid(Buffer.from('{"a":1}'));

async function startHub(): Promise<HubServer> {
  const hub = await HubServer.start();
  onTestFinished(() => hub.stop());
  hub.commit(REPO, contents);
  return hub;
}

async function startGithub(options = {}): Promise<GithubServer> {
  const github = await GithubServer.start();
  onTestFinished(() => github.stop());
  github.upload('wan/models', 'v1', 'model.safetensors', contents[WEIGHTS], { label: WEIGHTS, ...options });
  github.upload('wan/models', 'v1', CONFIG, contents[CONFIG], options);
  return github;
}

const worldAt = (hub: HubServer, sources: readonly string[] = [HUB], env = {}): Promise<ModelWorld> =>
  modelFixture({ files, sources, env: { HF_ENDPOINT: hub.url, WAN_HF_CACHE: 'off', ...env } });

const recorded = (world: ModelWorld) =>
  (
    JSON.parse(readFileSync(join(world.modelDir(), '.verified.json'), 'utf8')).files as {
      path: string;
      proof: string;
      upstream?: unknown;
    }[]
  ).map(({ path, proof, upstream }) => [path, proof, upstream]);

/** All that is warned of in one ensure. */
async function ensure(world: ModelWorld, options = {}) {
  const events: ModelEvent[] = [];
  await using orchestrator = await world.orchestrator();
  const result = await orchestrator.ensureDetailed(MODEL, { ...options, onEvent: (event) => events.push(event) });
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [`${event.code}: ${event.message}`] : []));
  return { result, warnings, proofs: Object.fromEntries(result.files.map(({ path, proof }) => [path, proof])), events };
}

describe('files of the Hub', () => {
  it('are proven by what its one listing says: the sha256 of large files, the git id of others', async () => {
    const hub = await startHub();
    const world = await worldAt(hub);
    const { result, events } = await ensure(world);
    expect(result.proof).toBe('etag');
    expect(recorded(world)).toEqual([
      [WEIGHTS, 'upstream-sha256', { digest: `sha256:${sha256Hex(seeded(700_000, 31))}`, source: HUB }],
      [CONFIG, 'etag', { digest: `git-sha1:${CONFIG_OID}`, source: HUB }],
    ]);
    expect(events.flatMap((event) => (event.type === 'file.finished' ? [event.proof] : [])).sort()).toEqual(['etag', 'upstream-sha256']);
    expect(hub.requests.filter(({ path }) => path.startsWith('/api/models/'))).toHaveLength(1);
    await using orchestrator = await world.orchestrator();
    expect(await orchestrator.status(MODEL)).toMatchObject({
      state: 'COMPLETE',
      proof: 'etag',
      proofs: { 'upstream-sha256': 1, etag: 1 },
    });
    expect(await orchestrator.listModels()).toMatchObject([{ proof: 'etag' }]);
    expect(await orchestrator.verifyIntegrity(MODEL)).toMatchObject({
      ok: true,
      proof: 'etag',
      files: [{ proof: 'upstream-sha256' }, { proof: 'etag', upstream: { algorithm: 'git-sha1', hex: CONFIG_OID, source: HUB } }],
    });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('with wrong bytes fail with the level that they missed', async () => {
    const hub = await startHub();
    hub.storage.fault(storagePath(sha256Hex(seeded(700_000, 31))), wrongBytesAt(5));
    await expect(ensure(await worldAt(hub))).rejects.toMatchObject({
      code: 'CHECKSUM_FAIL',
      message: expect.stringContaining(`(upstream-sha256, as ${HUB} publishes it)`),
      details: { proof: 'upstream-sha256', algorithm: 'sha256', published_by: HUB },
    });
    hub.storage.clearFaults();
    hub.override = ({ path }) => (path.endsWith(`/${CONFIG}`) ? { status: 200, bytes: Buffer.from('{"a":2}') } : undefined);
    const world = await worldAt(hub);
    await expect(ensure(world)).rejects.toMatchObject({
      code: 'CHECKSUM_FAIL',
      message: expect.stringContaining(`expected git-sha1 ${CONFIG_OID} (etag, as ${HUB} publishes it)`),
      details: { file: CONFIG, expected: CONFIG_OID, found: { [HUB]: gitOid(Buffer.from('{"a":2}')) } },
    });
  });

  it('prove the bytes of every other source, those on this machine too', async () => {
    const hub = await startHub();
    const world = await worldAt(hub, ['local', HUB]);
    expect((await ensure(world)).proofs).toEqual({ [WEIGHTS]: 'upstream-sha256', [CONFIG]: 'etag' });
    const other = await worldAt(hub, ['local', HUB]);
    writeFileSync(join(other.folder(), MODEL, CONFIG), '{"a":3}');
    const { result } = await ensure(other);
    expect(result.liars).toEqual([`local://local/${MODEL}`]);
    expect(readFileSync(join(other.modelDir(), CONFIG), 'utf8')).toBe('{"a":1}');
  });

  it('cost no byte where the store has what the listing names', async () => {
    const hub = await startHub();
    const world = await worldAt(hub);
    await ensure(world);
    rmSync(join(world.modelDir(), '.verified.json'), { force: true });
    hub.storage.requests.length = 0;
    const { result, proofs } = await ensure(world, { include: [WEIGHTS] });
    expect([result.fetchedBytes, proofs]).toEqual([0, { [WEIGHTS]: 'upstream-sha256' }]);
    expect(hub.storage.requests).toEqual([]);
  });

  it('are taken from the cache of its clients under either name', async () => {
    const hub = await startHub();
    const world = await worldAt(hub);
    const cache = join(world.directory, 'hub');
    const blobs = join(cache, 'models--Wan-AI--tiny', 'blobs');
    mkdirSync(blobs, { recursive: true });
    writeFileSync(join(blobs, sha256Hex(seeded(700_000, 31))), textOf(seeded(700_000, 31)));
    writeFileSync(join(blobs, CONFIG_OID), '{"a":1}');
    await using orchestrator = await world.orchestrator({ env: { WAN_HF_CACHE: 'adopt', HF_HUB_CACHE: cache } });
    const result = await orchestrator.ensureDetailed(MODEL);
    expect(result).toMatchObject({ fetchedBytes: 0, proof: 'etag' });
    expect(result.files.map(({ origin }) => origin)).toEqual(['copied', 'copied']);
  });

  it('are asked about again where the Hub could not say it at once', async () => {
    const hub = await startHub();
    const world = await worldAt(hub, [HUB], { WAN_RETRY_ATTEMPTS: '4', WAN_JOBS: '1' });
    let refused = 0;
    hub.override = ({ path }) => (path.startsWith('/api/') && refused++ < 2 ? { status: 503 } : undefined);
    const { proofs, warnings } = await ensure(world);
    expect(refused).toBeGreaterThan(2);
    expect(proofs).toEqual({ [WEIGHTS]: 'upstream-sha256', [CONFIG]: 'etag' });
    expect(warnings).toEqual([]);
  });

  it.each([503, 401, 403])('that it answers %i for keep their size as the only proof, which is said', async (status) => {
    const hub = await startHub();
    hub.override = () => ({ status });
    const { result, warnings } = await ensure(await worldAt(hub, ['local', HUB]));
    expect(result.proof).toBe('size-only');
    expect(warnings.sort()).toEqual(
      [CONFIG, WEIGHTS].map((path) => expect.stringContaining(`digest_not_told: ${path}: ${HUB} did not say`)),
    );
  });

  it('are not asked about offline', async () => {
    const hub = await startHub();
    expect((await ensure(await worldAt(hub, ['local', HUB]), { offline: true })).result.proof).toBe('size-only');
    expect(hub.requests).toEqual([]);
  });

  it('that have become others are mended by force only', async () => {
    const hub = await startHub();
    const world = await worldAt(hub);
    await ensure(world);
    hub.commit(REPO, { [CONFIG]: '{"b":2}' });
    rmSync(join(world.modelDir(), CONFIG), { force: true });
    rmSync(join(world.modelsRoot, '.blobs'), { recursive: true });
    await expect(ensure(world)).rejects.toMatchObject({
      code: 'CHECKSUM_FAIL',
      message: expect.stringContaining('(etag, as it was published here)'),
      hint: expect.stringContaining('--force'),
    });
    await ensure(world, { force: true });
    expect(readFileSync(join(world.modelDir(), CONFIG), 'utf8')).toBe('{"b":2}');
    expect(recorded(world)).toContainEqual([CONFIG, 'etag', { digest: `git-sha1:${gitOid(Buffer.from('{"b":2}'))}`, source: HUB }]);
  });
});

describe('assets of GitHub', () => {
  it('are proven by the digest of the release, and by their size where it has none', async () => {
    for (const [options, proof] of [
      [{}, 'upstream-sha256'],
      [{ withoutDigest: true }, 'size-only'],
    ] as const) {
      const github = await startGithub(options);
      const world = await modelFixture({ files, sources: ['github://wan/models@v1'], env: { GITHUB_API_URL: github.apiUrl } });
      const { proofs, warnings } = await ensure(world);
      expect([proofs, warnings]).toEqual([{ [WEIGHTS]: proof, [CONFIG]: proof }, []]);
    }
  });

  it('that differ from those of another source are told of, and the first source decides', async () => {
    const hub = await startHub();
    const github = await startGithub();
    hub.commit(REPO, { [WEIGHTS]: seeded(700_000, 99) });
    const world = await worldAt(hub, [HUB, 'github://wan/models@v1'], { GITHUB_API_URL: github.apiUrl });
    const { proofs, warnings } = await ensure(world);
    expect(readFileSync(join(world.modelDir(), WEIGHTS))).toEqual(textOf(seeded(700_000, 99)));
    expect(proofs[WEIGHTS]).toBe('upstream-sha256');
    expect(warnings).toEqual([
      `sources_differ: ${WEIGHTS}: github://wan/models@v1 publishes sha256:${sha256Hex(seeded(700_000, 31))}, ${HUB} sha256:${sha256Hex(seeded(700_000, 99))}; the latter counts, being asked first`,
    ]);
  });
});

describeS3('objects of S3', (server) => {
  const s3Files = { 'plain.bin': 'plain', 'sha.bin': 'with a checksum', 'parts.bin': Buffer.alloc(6 * 1024 * 1024, 'parts') };
  const PARTS = [s3Files['parts.bin'].subarray(0, 5 * 1024 * 1024), s3Files['parts.bin'].subarray(5 * 1024 * 1024)];

  async function s3World(): Promise<{ world: ModelWorld; bucket: string }> {
    const { endpoint, region, accessKeyId, secretAccessKey } = server();
    const bucket = await server().createBucket();
    await server().put(bucket, 'wan/plain.bin', s3Files['plain.bin']);
    await server().put(bucket, 'wan/sha.bin', s3Files['sha.bin'], { ChecksumAlgorithm: 'SHA256' });
    await server().putInParts(bucket, 'wan/parts.bin', PARTS);
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const world = await modelFixture({
      files: Object.fromEntries(Object.entries(s3Files).map(([path, content]) => [path, { content, keys: { sha256: null } }])),
      sources: [`s3://${bucket}/wan`],
      env: { ...keys, AWS_ENDPOINT_URL: endpoint, AWS_DEFAULT_REGION: region },
    });
    return { world, bucket };
  }

  it('are proven by their checksum, or by their ETag, or by their size where they came in parts', async () => {
    const { world } = await s3World();
    expect((await ensure(world)).proofs).toEqual({ 'plain.bin': 'etag', 'sha.bin': 'upstream-sha256', 'parts.bin': 'size-only' });
    const md5 = createHash('md5').update('plain').digest('hex');
    expect(recorded(world)[0]).toEqual(['plain.bin', 'etag', { digest: `md5:${md5}`, source: expect.stringMatching(/^s3:/) }]);
  });
});
