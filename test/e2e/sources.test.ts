/** Models from GitHub, and `wan models sources`, with the built command. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GithubServer } from '../servers/github/github-server.ts';
import { allOf, cutAt, seeded, status } from '../servers/http/fault-server.ts';
import { documentOf } from '../support/document.ts';
import { MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';

const REPO = 'wan/models';
const TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';
const FILES = { 'unet/weights.bin': seeded(3_000_000, 1), 'unet/config.json': '{"unet":1}', 'vae/config.json': '{"vae":1}' };

/** A release that has the files: one by its label, one by its flat name, one by its last part. */
async function released(): Promise<GithubServer> {
  const github = await GithubServer.start();
  onTestFinished(() => github.stop());
  github.upload(REPO, 'v1', 'weights.bin', FILES['unet/weights.bin']);
  github.upload(REPO, 'v1', 'unet__config.json', FILES['unet/config.json']);
  github.upload(REPO, 'v1', 'second.json', FILES['vae/config.json'], { label: 'vae/config.json' });
  return github;
}

const worldAt = (github: GithubServer, env: Readonly<Record<string, string>> = {}): Promise<ModelWorld> =>
  modelFixture({
    files: FILES,
    sources: [`github://${REPO}@v1`],
    env: { GITHUB_API_URL: github.apiUrl, WAN_RETRY_ATTEMPTS: '3', ...env },
  });

describe('ensure from a GitHub release', () => {
  it('asks the API once, and each file of a public one at its public address', async () => {
    const github = await released();
    const world = await worldAt(github);
    const { code, stdout, stderr } = await world.cli(['models', 'ensure', MODEL, '--json']);
    expect([code, stderr.includes('error')]).toEqual([0, false]);
    expect(JSON.parse(stdout).data.results).toMatchObject([{ ok: true, proof: 'manifest-sha256', liars: [] }]);
    expect(await readFile(join(world.modelDir(), 'vae/config.json'), 'utf8')).toBe('{"vae":1}');
    expect(github.requests.filter(({ host }) => host === 'api').map(({ path }) => path)).toEqual([`/repos/${REPO}/releases/tags/v1`]);
  });

  it('takes the token for a private one, shows it to nobody, and goes on behind a new link when one has ended', async () => {
    const github = await released();
    github.setPrivate(REPO);
    github.allow(TOKEN, REPO);
    const end = () => github.signer.passTime(301_000);
    github.storage.clearFaults();
    github.storage.fault('*', allOf(cutAt(1_500_000), end), { times: 1, when: ({ range }) => (range?.last ?? 0) > 1000 });
    github.signer.guard(github.storage);
    const world = await worldAt(github, { GITHUB_TOKEN: TOKEN, WAN_CONNECTIONS: '1' });
    const { code, stdout, stderr } = await world.cli(['models', 'ensure', MODEL, '--json', '--log-level', 'debug']);
    expect([code, stdout + stderr]).toEqual([0, expect.not.stringContaining(TOKEN)]);
    expect(stdout + stderr).not.toContain('X-Amz');
    expect(github.signer.refusals).toBeGreaterThan(0);
    expect(github.storage.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
  });

  it('ends with status 8 and the next step where the token is refused', async () => {
    const github = await released();
    const world = await worldAt(github, { GITHUB_TOKEN: 'ghp_wrong' });
    const { code, stdout } = await world.cli(['models', 'ensure', MODEL, '--json']);
    expect(code).toBe(8);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'AUTH_FAIL',
      message: expect.stringContaining('refuses the token of GITHUB_TOKEN'),
    });
  });
});

describe('wan models sources', () => {
  it('shows order, credentials and problems, as text and as one document', async () => {
    const github = await released();
    const world = await modelFixture({
      files: FILES,
      sources: ['local://nowhere', 'http', `github://${REPO}@v1`],
      env: { GITHUB_API_URL: github.apiUrl, GITHUB_TOKEN: TOKEN },
    });
    github.allow(TOKEN, REPO);
    const plain = await world.cli(['models', 'sources']);
    expect([plain.code, plain.stderr]).toEqual([0, '']);
    expect(plain.stdout).toMatch(/^t2v-tiny@2\.2\.0\n +SOURCE +FILES +CREDENTIALS\n/);
    expect(plain.stdout).toMatch(/local:\/\/nowhere +3\n/);
    expect(plain.stdout).toMatch(/http:\/\/127\.0\.0\.1:\d+\/t2v-tiny@2\.2\.0 +3 +none\n/);
    expect(plain.stdout).toMatch(/github:\/\/wan\/models@v1 +3 +GITHUB_TOKEN \(ghp_…\w{4}\)\n/);
    expect(github.requests.length + world.server().requests.length).toBe(0);

    const probed = await world.cli(['models', 'sources', MODEL, '--probe']);
    expect(probed.code).toBe(0);
    expect(probed.stdout).toMatch(/local:\/\/nowhere +3 +not_found\n/);
    expect(probed.stdout).toMatch(/github:\/\/wan\/models@v1 +3 +GITHUB_TOKEN \(ghp_…\w{4}\) +[\d.]+ m?s +[\d.]+ [KMG]iB\/s\n/);
    expect(probed.stdout + plain.stdout).not.toContain(TOKEN);

    const json = await world.cli(['models', 'sources', MODEL, '--probe', '--json']);
    const { data } = documentOf<{ results: { sources: unknown[] }[] }>(json.stdout);
    expect(data.results[0]?.sources).toMatchObject([
      { source: 'local://nowhere', file_count: 3, probe: { ok: false, error: { reason: 'not_found' } } },
      { probe: { ok: true, file: 'unet/weights.bin', latency_ms: expect.any(Number), bytes_per_second: expect.any(Number) } },
      {
        source: `github://${REPO}@v1`,
        credentials: expect.stringMatching(/^GITHUB_TOKEN \(.*…/),
        probe: { ok: true, file: 'unet/weights.bin' },
      },
    ]);
    expect(json.stdout).not.toContain(TOKEN);
  });

  it('shows what is remembered against them, and forgets it', async () => {
    const world = await modelFixture({ files: FILES, sources: ['http:poor', 'http://127.0.0.1:1/gone', 'http:good'] });
    world.server('http:poor').fault('*', status(404));
    expect((await world.cli(['models', 'ensure', MODEL])).code).toBe(0);
    const shown = await world.cli(['models', 'sources', MODEL]);
    expect(shown.stdout).toMatch(
      /~ http:\S+, \S+, \S+ and 1 more: not_found at [\d-]+ [\d:]+Z; the others come first until [\d-]+ [\d:]+Z\n/,
    );
    expect(shown.stdout).toMatch(/~ http:\/\/127\.0\.0\.1:1\/gone: refused at [^;]+; /);
    const json = await world.cli(['models', 'sources', MODEL, '--json']);
    expect(documentOf<{ results: { sources: unknown[] }[] }>(json.stdout).data.results[0]?.sources).toMatchObject([
      { failures: [{ code: 'SOURCE_UNAVAILABLE', reason: 'not_found', until: expect.any(String) }, {}, {}] },
      { failures: [{ reason: 'refused' }] },
      { failures: [] },
    ]);
    const forgotten = await world.cli(['models', 'sources', MODEL, '--forget']);
    expect(forgotten.stdout).toMatch(/\nforgotten: 4\n$/);
    expect((await world.cli(['models', 'sources', MODEL])).stdout).not.toMatch(/not_found|refused/);
  });

  it('refuses a model that the manifest does not define', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'a' } });
    const { code, stdout } = await world.cli(['models', 'sources', 'nope', '--json']);
    expect([code, documentOf(stdout).error?.code]).toEqual([3, 'MODEL_NOT_FOUND']);
  });
});
