import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect, describeBackend, readBody } from '../../../test/conformance/backend.suite.ts';
import { GithubServer, message } from '../../../test/servers/github/github-server.ts';
import { seeded, sha256Hex } from '../../../test/servers/http/fault-server.ts';
import { Secret } from '../../domain/secret.ts';
import type { CredentialSource } from '../credentials.ts';
import { NO_CREDENTIALS } from '../credentials.ts';
import { HttpClient } from '../http/http-client.ts';
import { createGithubBackend, createGithubFileBackend, type GithubBackend } from './github-backend.ts';

const REPO = 'wan/models';
const URL_V1 = `github://${REPO}@v1`;
const signal = new AbortController().signal;

const withToken = (token: string): CredentialSource => ({
  ...NO_CREDENTIALS,
  token: (service) => Promise.resolve(service === 'github' ? { token: new Secret(token), from: 'GITHUB_TOKEN' } : undefined),
});

for (const kind of ['public', 'private'] as const) {
  describeBackend(`a ${kind} GitHub release`, async () => {
    const github = await GithubServer.start();
    const client = new HttpClient();
    if (kind === 'private') {
      github.setPrivate(REPO);
      github.allow('ghp_good', REPO);
    }
    const credentials = kind === 'private' ? withToken('ghp_good') : NO_CREDENTIALS;
    return {
      backend: createGithubBackend(URL_V1, { client, credentials, apiUrl: github.apiUrl }),
      put: async (path, bytes) => void github.upload(REPO, 'v1', path.replaceAll('/', '__'), bytes, { label: path }),
      openCount: () => github.storage.requests.filter(({ done }) => !done).length,
      stop: async () => {
        await client.close();
        await github.stop();
      },
    };
  });
}

describe('a GitHub release', () => {
  let github: GithubServer;
  let client: HttpClient;
  beforeEach(async () => {
    github = await GithubServer.start();
    client = new HttpClient();
  });
  afterEach(async () => {
    await client.close();
    await github.stop();
  });

  const release = (url = URL_V1, credentials = NO_CREDENTIALS): GithubBackend =>
    createGithubBackend(url, { client, credentials, apiUrl: github.apiUrl });
  const text = async (backend: GithubBackend, path: string): Promise<string> =>
    (await readBody(await backend.open(path, { signal }))).toString();

  it('with an asset that no model may hold is not listed without it: it is refused by name', async () => {
    github.upload(REPO, 'v1', 'good.bin', seeded(10, 1));
    github.upload(REPO, 'v1', 'aux.txt', seeded(10, 2));
    const backend = createGithubBackend(URL_V1, { client, credentials: NO_CREDENTIALS, apiUrl: github.apiUrl });
    await expect(collect(backend.list(signal))).rejects.toMatchObject({
      code: 'PATH_UNSAFE',
      message: expect.stringContaining('"aux.txt"'),
    });
  });

  it('tells the digest where GitHub knows one', async () => {
    const bytes = seeded(100_000, 1);
    github.upload(REPO, 'v1', 'new.bin', bytes);
    github.upload(REPO, 'v1', 'old.bin', bytes, { withoutDigest: true });
    const backend = release();
    expect(await backend.stat('new.bin', signal)).toMatchObject({ sizeBytes: 100_000, sha256: sha256Hex(bytes) });
    expect(await backend.stat('old.bin', signal)).not.toHaveProperty('sha256');
    expect(await collect(backend.list(signal))).toEqual([
      { path: 'new.bin', sizeBytes: 100_000, sha256: sha256Hex(bytes) },
      { path: 'old.bin', sizeBytes: 100_000 },
    ]);
  });

  it('is asked for once, and each file then at an address that no rate limit counts', async () => {
    for (const name of ['a.bin', 'b.bin', 'c.bin']) github.upload(REPO, 'v1', name, name);
    const backend = release();
    expect(await Promise.all(['a.bin', 'b.bin', 'c.bin', 'a.bin'].map((name) => text(backend, name)))).toEqual([
      'a.bin',
      'b.bin',
      'c.bin',
      'a.bin',
    ]);
    const asked = github.requests.filter(({ host }) => host === 'api').map(({ path }) => path);
    expect(asked).toEqual([`/repos/${REPO}/releases/tags/v1`]);
  });

  it('is read with the token where there is one, which stays with the API', async () => {
    github.upload(REPO, 'v1', 'a.bin', 'private');
    github.setPrivate(REPO);
    github.allow('ghp_good', REPO);
    const backend = release(URL_V1, withToken('ghp_good'));
    expect(await backend.credentialsFrom()).toMatch(/^GITHUB_TOKEN \(ghp_…/);
    expect(await text(backend, 'a.bin')).toBe('private');
    expect(github.requests.map(({ authorization }) => authorization)).toEqual(['Bearer ghp_good', 'Bearer ghp_good']);
    expect(github.storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    const target = await backend.httpTarget('a.bin', signal);
    expect(target.url).toContain(github.storage.url);
    expect(JSON.stringify(target)).not.toContain('ghp_good');
  });

  it('gives a new link where the one it gave has ended', async () => {
    github.upload(REPO, 'v1', 'a.bin', 'bytes');
    const backend = release();
    const target = await backend.httpTarget('a.bin', signal);
    github.signer.passTime(301_000);
    expect((await fetch(target.url)).status).toBe(403);
    backend.dropTarget('a.bin', target);
    expect(await (await fetch((await backend.httpTarget('a.bin', signal)).url)).text()).toBe('bytes');
    github.signer.passTime(301_000);
    expect(await text(backend, 'a.bin')).toBe('bytes');
  });

  it.each([
    ['without a token', NO_CREDENTIALS],
    ['with one', withToken('ghp_good')],
  ])('is looked at again where an asset was replaced, %s', async (_, credentials) => {
    github.allow('ghp_good', REPO);
    github.upload(REPO, 'v1', 'a.bin', 'before');
    const backend = release(URL_V1, credentials);
    expect(await text(backend, 'a.bin')).toBe('before');
    github.upload(REPO, 'v1', 'a.bin', 'after');
    expect(await text(backend, 'a.bin')).toBe('after');
  });

  it('may be the latest one, and its tag may hold a slash', async () => {
    github.upload(REPO, 'v1', 'a.bin', 'one');
    github.upload(REPO, 'nightly/2', 'a.bin', 'two', { prerelease: true });
    for (const [url, found] of [
      [`github://${REPO}@latest`, 'one'],
      [`github://${REPO}`, 'one'],
      [`github://${REPO}@nightly/2`, 'two'],
    ] as const) {
      expect(await text(release(url), 'a.bin')).toBe(found);
    }
    const file = createGithubFileBackend(`github://${REPO}@nightly/2/a.bin`, {
      client,
      credentials: NO_CREDENTIALS,
      apiUrl: github.apiUrl,
    });
    expect(await text(file as GithubBackend, '')).toBe('two');
    expect(file.label).toBe(`github://${REPO}@nightly/2/a.bin`);
  });

  it('that is not there is told from a repository that is not, or may not be seen', async () => {
    github.upload(REPO, 'v1', 'a.bin', 'x');
    github.upload(REPO, 'v2', 'a.bin', 'x');
    const fails = (url: string, credentials?: CredentialSource) => expect(release(url, credentials).stat('a.bin', signal)).rejects;
    await fails(`github://${REPO}@v9`).toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      reason: 'release_not_found',
      retryable: false,
      message: `${REPO} has no release with the tag v9: it has v2, v1`,
    });
    await fails('github://no/such@v1').toMatchObject({ reason: 'repo_not_found', hint: expect.stringContaining('GITHUB_TOKEN') });
    github.setPrivate(REPO);
    await fails(URL_V1).toMatchObject({ reason: 'repo_not_found', message: expect.stringContaining('it is private, which needs a token') });
    github.allow('ghp_other', 'another/repo');
    await fails(URL_V1, withToken('ghp_other')).toMatchObject({
      reason: 'repo_not_found',
      message: expect.stringContaining('the token of GITHUB_TOKEN may not see it'),
    });
  });

  it('names the assets there are where one is missing', async () => {
    for (let n = 1; n <= 10; n++) github.upload(REPO, 'v1', `shard-${n}.bin`, 'x');
    github.upload(REPO, 'v1', 'late.bin', 'x', { state: 'open' });
    const missing = expect.objectContaining({
      code: 'SOURCE_UNAVAILABLE',
      reason: 'not_found',
      message: expect.stringMatching(
        /^github:\/\/wan\/models@v1 has no asset for unet\/none\.bin: it has shard-1\.bin, .*shard-8\.bin, and 2 more$/,
      ),
    });
    await expect(release().stat('unet/none.bin', signal)).rejects.toEqual(missing);
    await expect(release().stat('late.bin', signal)).rejects.toMatchObject({
      reason: 'not_found',
      hint: expect.stringContaining('its upload has not ended'),
    });
  });

  it('says why it is refused, and for how long', async () => {
    github.upload(REPO, 'v1', 'a.bin', 'x');
    const fails = (credentials?: CredentialSource) => expect(release(URL_V1, credentials).stat('a.bin', signal)).rejects;
    await fails(withToken('ghp_bad')).toMatchObject({
      code: 'AUTH_FAIL',
      reason: 'credentials_refused',
      message: expect.stringContaining('refuses the token of GITHUB_TOKEN'),
    });
    github.limit({ remaining: 0, resetMs: Date.now() + 1800_000 });
    await fails().toMatchObject({
      code: 'RATE_LIMIT',
      reason: 'rate_limit_anonymous',
      hint: expect.stringContaining('wan auth login github'),
    });
    const wait = await release()
      .stat('a.bin', signal)
      .catch((error) => error.details.retry_after_ms);
    expect(wait).toBeGreaterThan(1700_000);
    expect(wait).toBeLessThanOrEqual(1802_000);
    github.refuseAll(message(403, 'You have exceeded a secondary rate limit.', { 'retry-after': '7' }));
    await fails().toMatchObject({ code: 'RATE_LIMIT', details: { retry_after_ms: 7000 } });
    github.refuseAll(message(403, 'Resource not accessible by personal access token', { 'x-ratelimit-remaining': '9' }));
    await fails(withToken('t')).toMatchObject({
      code: 'AUTH_FAIL',
      message: expect.stringContaining('Resource not accessible by personal access token'),
    });
    github.refuseAll(
      message(403, 'SSO', { 'x-ratelimit-remaining': '9', 'x-github-sso': 'required; url=https://github.com/orgs/x/sso?secret' }),
    );
    await fails(withToken('t')).toMatchObject({ code: 'AUTH_FAIL', reason: 'sso_required' });
    github.refuseAll({ status: 502 });
    await fails().toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'server_error', retryable: true });
    const wrong = { code: 'SOURCE_UNAVAILABLE', reason: 'not_github', retryable: false, hint: expect.stringContaining('GITHUB_API_URL') };
    for (const document of [null, 1, [], { hello: 'world' }, { tag_name: 'v1', assets: [null] }]) {
      github.refuseAll({ status: 200, document });
      await fails().toMatchObject(wrong);
    }
    github.refuseAll({ status: 200 });
    await fails().toMatchObject(wrong);
  });

  it('is missing among releases whatever their list says', async () => {
    github.upload(REPO, 'v1', 'a.bin', 'x');
    const missing = (releases: unknown) => {
      github.answerList(releases);
      return expect(release(`github://${REPO}@v9`).stat('a.bin', signal)).rejects;
    };
    for (const nothing of [null, {}, [null], [1, { tag_name: null }, { tag_name: { toString: null } }]])
      await missing(nothing).toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'release_not_found', details: { releases: [] } });
    await missing([null, { tag_name: 'v1' }]).toMatchObject({ reason: 'release_not_found', details: { releases: ['v1'] } });
  });

  it('is asked for again after a failure, and not given up because another caller was', async () => {
    github.upload(REPO, 'v1', 'a.bin', 'x');
    const backend = release();
    const controller = new AbortController();
    const first = backend.stat('a.bin', controller.signal);
    const second = backend.stat('a.bin', signal);
    controller.abort();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await second).sizeBytes).toBe(1);
  });

  it.each([
    'github://o',
    'github://o/r@',
    'github://o/..@v1',
    'github://o/r@..',
    'github://o/r@v1?x=1',
    'github://o/r@a b',
    'github://o r/x@v1',
    'github://o/r/x',
  ])('is not named by %s', (url) => {
    expect(() => release(url)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', reason: 'url_malformed' }));
  });
});
