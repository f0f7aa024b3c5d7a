import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect, describeBackend, readBody } from '../../../test/conformance/backend.suite.ts';
import { FaultServer, html, seeded, sha256Hex, status } from '../../../test/servers/http/fault-server.ts';
import { gitOid } from '../../../test/servers/hub/hub-repo.ts';
import { HubServer, storagePath } from '../../../test/servers/hub/hub-server.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { Secret } from '../../domain/secret.ts';
import { type CredentialSource, NO_CREDENTIALS } from '../credentials.ts';
import { HttpClient } from '../http/http-client.ts';
import type { HubApiOptions } from './hub-api.ts';
import { createHubBackend, createHubFileBackend, type HubBackend } from './hub-backend.ts';

const REPO = 'wan/model';
const WEIGHTS = seeded(300_000, 1);
const PINNED = {
  test: 'goes on under the same validator and fails with DRIFT under another',
  reason: 'a backend of the Hub stays with the commit that it found first, whose bytes never change; see the test below',
};
const signal = new AbortController().signal;

const withToken = (token: string): CredentialSource => ({
  ...NO_CREDENTIALS,
  token: (service) => Promise.resolve(service === 'hf' ? { token: new Secret(token), from: 'HF_TOKEN' } : undefined),
});

for (const kind of ['public', 'private', 'in a folder of a dataset'] as const) {
  describeBackend(
    `the Hub (${kind})`,
    async () => {
      const hub = await HubServer.start();
      const client = new HttpClient();
      const isDataset = kind === 'in a folder of a dataset';
      const name = isDataset ? `datasets/${REPO}` : REPO;
      hub.repo(name).isPrivate = kind === 'private';
      hub.allow('hf_good', REPO);
      const credentials = kind === 'private' ? withToken('hf_good') : NO_CREDENTIALS;
      return {
        backend: createHubBackend(isDataset ? `hf://${name}/sub/dir` : `hf://${REPO}`, { client, credentials, endpoint: hub.url }),
        put: async (path, bytes) => void hub.commit(name, { [isDataset ? `sub/dir/${path}` : path]: Buffer.from(bytes) }),
        openCount: () => hub.storage.requests.filter(({ done }) => !done).length,
        stop: async () => {
          await client.close();
          await hub.stop();
        },
      };
    },
    { skip: [PINNED] },
  );
}

describe('a repository of the Hub', () => {
  let hub: HubServer;
  let client: HttpClient;
  beforeEach(async () => {
    hub = await HubServer.start();
    client = new HttpClient();
    hub.commit(REPO, { 'model.safetensors': WEIGHTS, 'config.json': '{"a": 1}', 'vae/vae.safetensors': seeded(1000, 2) });
  });
  afterEach(async () => {
    await client.close();
    await hub.stop();
  });

  const repo = (url = `hf://${REPO}`, options: Partial<HubApiOptions> = {}): HubBackend =>
    createHubBackend(url, { client, credentials: NO_CREDENTIALS, endpoint: hub.url, ...options });
  const text = async (backend: HubBackend, path: string): Promise<string> =>
    (await readBody(await backend.open(path, { signal }))).toString();
  const asked = (): string[] => hub.requests.map(({ method, path }) => `${method} ${path}`);
  const mainOf = (name = REPO): string => hub.repo(name).refs.get('main') ?? '';

  it('tells what proves a file: sha256 of large ones, the git id of small ones', async () => {
    const files = await collect(repo().list(signal));
    expect(files).toEqual([
      {
        path: 'model.safetensors',
        sizeBytes: 300_000,
        sha256: sha256Hex(WEIGHTS),
        validator: `"${sha256Hex(WEIGHTS)}"`,
      },
      { path: 'config.json', sizeBytes: 8, gitOid: gitOid(Buffer.from('{"a": 1}')), validator: expect.stringMatching(/^"[0-9a-f]{40}"$/) },
      expect.objectContaining({ path: 'vae/vae.safetensors', sizeBytes: 1000 }),
    ]);
  });

  it('is asked for its listing once, and for each file without a HEAD, at the commit', async () => {
    const backend = repo();
    const commit = mainOf();
    await Promise.all(['model.safetensors', 'config.json', 'vae/vae.safetensors'].map((path) => text(backend, path)));
    await text(backend, 'model.safetensors');
    expect(asked().filter((request) => request.includes('/api/models/'))).toEqual([`GET /api/models/${REPO}/revision/main`]);
    expect(asked().filter((request) => request.startsWith('HEAD'))).toEqual([]);
    expect(asked().filter((request) => request.endsWith('model.safetensors'))).toEqual([
      `GET /${REPO}/resolve/${commit}/model.safetensors`,
    ]);
  });

  it('stays with the commit that it found, and a new run finds that a file has changed', async () => {
    const backend = repo();
    const before = mainOf();
    const { validator = '' } = await backend.stat('config.json', signal);
    hub.commit(REPO, { 'config.json': '{"a": 2}' });
    expect(await text(backend, 'config.json')).toBe('{"a": 1}');
    expect(await backend.hubFile('config.json', signal)).toEqual({
      repoType: 'model',
      repoId: REPO,
      revision: 'main',
      commit: before,
      path: 'config.json',
      sizeBytes: 8,
      etag: gitOid(Buffer.from('{"a": 1}')),
    });
    await expect(repo().open('config.json', { validator, signal })).rejects.toMatchObject({ code: 'DRIFT', reason: 'validator_changed' });
    const { validator: weights = '' } = await backend.stat('model.safetensors', signal);
    expect((await readBody(await repo().open('model.safetensors', { validator: weights, signal }))).length).toBe(300_000);
  });

  it('is read with the token, which the storage never sees, and no URL that is kept tells it', async () => {
    hub.repo(REPO).isPrivate = true;
    hub.allow('hf_good', REPO);
    const backend = repo(`hf://${REPO}`, { credentials: withToken('hf_good') });
    expect(await backend.credentialsFrom()).toMatch(/^HF_TOKEN \(hf_…/);
    const target = await backend.httpTarget('model.safetensors', signal);
    expect(target.url).toContain(hub.storage.url);
    expect(JSON.stringify(target)).not.toContain('hf_good');
    expect(await text(backend, 'model.safetensors')).toHaveLength(Buffer.from(WEIGHTS.read(0, 300_000)).toString().length);
    expect(hub.storage.requests.length).toBeGreaterThan(0);
    expect(hub.storage.requests.flatMap(({ headers }) => headers.authorization ?? [])).toEqual([]);
    expect(new Set(hub.requests.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer hf_good']));
  });

  it('gives a new URL where the one it signed has ended, in the middle of a file', async () => {
    const backend = repo();
    const read = async (offset: number) =>
      readBody(await backend.open('model.safetensors', { range: { offset, length: 100_000 }, signal }));
    const first = await read(0);
    hub.signer.passTime(3601_000);
    const rest = [await read(100_000), await read(200_000)];
    expect(Buffer.concat([first, ...rest]).equals(Buffer.from(WEIGHTS.read(0, 300_000)))).toBe(true);
    expect(hub.signer.refusals).toBe(1);
    const target = await backend.httpTarget('model.safetensors', signal);
    hub.signer.passTime(3601_000);
    expect((await fetch(target.url)).status).toBe(403);
    backend.dropTarget('model.safetensors', target);
    expect((await fetch((await backend.httpTarget('model.safetensors', signal)).url)).status).toBe(200);
  });

  it('keeps the listing of a commit: asked for once on a machine, and neither token nor signature in it', async () => {
    const listingsDir = join(await tempDir(), 'listings');
    const commit = mainOf();
    const pinned = () => repo(`hf://${REPO}@${commit}`, { listingsDir, credentials: withToken('hf_good') });
    hub.allow('hf_good', REPO);
    const first = await collect(pinned().list(signal));
    const count = hub.requests.length;
    expect(await collect(pinned().list(signal))).toEqual(first);
    expect(hub.requests.length).toBe(count);
    const [name = ''] = await readdir(listingsDir);
    expect(name).toBe(`models--wan--model--${commit}.json`);
    expect(await readFile(join(listingsDir, name), 'utf8')).not.toMatch(/hf_good|Signature/);
    await collect(repo(`hf://${REPO}`, { listingsDir }).list(signal));
    expect(hub.requests.length).toBe(count + 1);
    await writeFile(join(listingsDir, name), '{"format_version":1,"files":[{"path":1}]}');
    expect(await collect(pinned().list(signal))).toEqual(first);
    expect(hub.requests.length).toBe(count + 2);
  });

  it('is listed page by page where one answer does not tell all, the token only where it belongs', async () => {
    hub.allow('hf_good', REPO);
    hub.pageSize = 2;
    const mirror = await FaultServer.start();
    hub.override = ({ path }) =>
      path.includes('/revision/')
        ? { status: 200, document: { sha: mainOf(), siblings: [{ rfilename: 'model.safetensors' }] } }
        : undefined;
    const expected = ['config.json', 'model.safetensors', 'vae/vae.safetensors'];
    const list = async () =>
      (await collect(repo(`hf://${REPO}`, { credentials: withToken('hf_good') }).list(signal))).map(({ path }) => path);
    expect(await list()).toEqual(expected);
    expect(hub.requests.filter(({ path }) => path.includes('/tree/')).map(({ query }) => new URLSearchParams(query).get('cursor'))).toEqual(
      [null, '2'],
    );
    hub.linkOrigin = mirror.url;
    await expect(list()).rejects.toMatchObject({ reason: 'not_the_hub' });
    expect(mirror.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await mirror.stop();
  });

  it('is not listed without end: neither more entries than are held, nor more pages, nor an answer that goes on and on', async () => {
    const tooLarge = { code: 'SOURCE_UNAVAILABLE', reason: 'repo_too_large', retryable: false, hint: expect.stringContaining('url') };
    const info = { sha: mainOf(), siblings: [{ rfilename: 'model.safetensors' }] };
    const page = (entries: number) => Array.from({ length: entries }, (_, at) => ({ type: 'directory', path: `d${at}` }));
    const answerWith = (document: unknown) => {
      hub.requests.length = 0;
      hub.override = ({ path }) => {
        if (path.includes('/revision/')) return { status: 200, document: info };
        const next = `${hub.url}/api/models/${REPO}/tree/main?cursor=${hub.requests.length}`;
        return { status: 200, document, headers: { link: `<${next}>; rel="next"` } };
      };
    };
    answerWith(page(50_000));
    await expect(collect(repo().list(signal))).rejects.toMatchObject(tooLarge);
    expect(hub.requests).toHaveLength(1 + 6);
    answerWith([]);
    await expect(collect(repo().list(signal))).rejects.toMatchObject(tooLarge);
    expect(hub.requests).toHaveLength(1 + 1000);
    answerWith('x'.repeat(33 * 1024 * 1024));
    await expect(collect(repo().list(signal))).rejects.toMatchObject(tooLarge);
  });

  it('is found at branches, tags, pull requests, and under an old name', async () => {
    hub.commit(REPO, { 'config.json': 'branch' }, 'feature/x');
    hub.commit(REPO, { 'config.json': 'pull' }, 'refs/pr/1');
    hub.commit(`datasets/${REPO}`, { 'sub/a.txt': 'data' });
    hub.rename('wan/old', REPO);
    expect(await text(repo(`hf://${REPO}@feature%2Fx`), 'config.json')).toBe('branch');
    expect(await text(repo(`hf://${REPO}@refs/pr/1`), 'config.json')).toBe('pull');
    expect(await text(repo(`hf://datasets/${REPO}@main/sub`), 'a.txt')).toBe('data');
    expect(await text(repo('hf://wan/old'), 'config.json')).toBe('{"a": 1}');
    const file = createHubFileBackend(`hf://${REPO}/config.json`, { client, credentials: NO_CREDENTIALS, endpoint: hub.url });
    expect(await text(file, 'any/name')).toBe('{"a": 1}');
    expect((await collect(file.list(signal))).map(({ path }) => path)).toEqual(['config.json']);
  });

  describe('says why it is refused:', () => {
    const stat = (url?: string, token?: string) =>
      repo(url, token === undefined ? {} : { credentials: withToken(token) }).stat('config.json', signal);
    const open = (token?: string) =>
      repo(undefined, token === undefined ? {} : { credentials: withToken(token) }).open('config.json', { signal });
    const page = () => `${hub.url}/${REPO}`;
    beforeEach(() => hub.allow('hf_other', 'wan/another'));

    it('terms not accepted, with the page where they are', async () => {
      hub.repo(REPO).isGated = true;
      expect((await stat()).sizeBytes).toBe(8);
      await expect(open()).rejects.toMatchObject({
        code: 'GATED',
        reason: 'gated_without_token',
        hint: expect.stringContaining(page()),
        details: { page: page(), http_status: 401 },
      });
      await expect(open('hf_other')).rejects.toMatchObject({ code: 'GATED', reason: 'gated_not_granted', details: { page: page() } });
      await expect(repo().httpTarget('config.json', signal)).rejects.toMatchObject({ code: 'GATED' });
    });

    it('no token, a token that is none, a token that may not', async () => {
      await expect(stat('hf://no/such')).rejects.toMatchObject({
        code: 'AUTH_FAIL',
        reason: 'credentials_missing',
        message: expect.stringContaining('there is none, or it is private'),
        hint: expect.stringContaining('wan auth login hf'),
      });
      await expect(stat(undefined, 'hf_bad')).rejects.toMatchObject({
        code: 'AUTH_FAIL',
        reason: 'credentials_refused',
        message: 'the Hub refuses the token of HF_TOKEN: it is wrong, or has ended',
        hint: expect.stringMatching(/settings\/tokens.*wan auth login hf.*HF_TOKEN/),
      });
      await expect(stat('hf://no/such', 'hf_other')).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        reason: 'repo_not_found',
        retryable: false,
      });
      hub.repo(REPO).isPrivate = true;
      await expect(stat(undefined, 'hf_other')).rejects.toMatchObject({ reason: 'repo_not_found' });
      hub.override = () => ({ status: 403, headers: { 'x-error-message': 'Your token lacks gated access' } });
      await expect(stat(undefined, 'hf_other')).rejects.toMatchObject({
        code: 'AUTH_FAIL',
        reason: 'credentials_forbidden',
        message: expect.stringContaining('Your token lacks gated access'),
      });
    });

    it('no such revision, no such file, a repository that is disabled', async () => {
      await expect(stat(`hf://${REPO}@v9`)).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        reason: 'revision_not_found',
        retryable: false,
        details: { revision: 'v9' },
      });
      const commit = mainOf();
      await expect(repo().stat('none.bin', signal)).rejects.toMatchObject({
        reason: 'not_found',
        message: `hf://${REPO}/none.bin is not there: commit ${commit.slice(0, 8)} has no such file`,
        hint: `see what there is at ${page()}/tree/${commit}`,
      });
      await expect(collect(repo(`hf://${REPO}/vae/vae.safetensors`).list(signal))).rejects.toMatchObject({
        reason: 'not_a_folder',
        retryable: false,
        hint: `name its folder, hf://${REPO}/vae, and the file by a pattern: vae.safetensors`,
      });
      hub.repo(REPO).isDisabled = true;
      await expect(stat()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'repo_disabled', retryable: false });
    });

    it('too many requests, and for how long', async () => {
      hub.limit({ remaining: 0, resetSeconds: 42 });
      await expect(stat()).rejects.toMatchObject({
        code: 'RATE_LIMIT',
        reason: 'rate_limit_anonymous',
        retryable: true,
        message: expect.stringContaining('(api)'),
        details: { retry_after_ms: 43_000 },
      });
      hub.limit({ remaining: 5, resetSeconds: 42 });
      hub.override = () => ({ status: 429, headers: { 'retry-after': '7' } });
      await expect(stat(undefined, 'hf_other')).rejects.toMatchObject({
        code: 'RATE_LIMIT',
        reason: 'rate_limit',
        details: { retry_after_ms: 7000 },
      });
    });

    it('something that is no Hub', async () => {
      const portal = await FaultServer.start();
      portal.fault('*', html());
      const wrong = { code: 'SOURCE_UNAVAILABLE', reason: 'not_the_hub', retryable: false, hint: expect.stringContaining('HF_ENDPOINT') };
      await expect(repo(undefined, { endpoint: portal.url }).stat('a', signal)).rejects.toMatchObject(wrong);
      hub.override = () => ({ status: 200, document: { hello: 'world' } });
      await expect(stat()).rejects.toMatchObject(wrong);
      hub.override = () => ({ status: 200, headers: { 'content-encoding': 'gzip' }, bytes: Buffer.from('no gzip') });
      await expect(stat()).rejects.toMatchObject(wrong);
      for (const document of [null, [], { sha: null }]) {
        hub.override = () => ({ status: 200, document });
        await expect(stat()).rejects.toMatchObject(wrong);
      }
      for (const code of ['constructor', '__proto__', 'toString']) {
        hub.override = () => ({ status: 502, headers: { 'x-error-code': code } });
        await expect(stat()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'server_error', retryable: true });
      }
      await portal.stop();
    });

    it('a storage that takes no URL of the Hub', async () => {
      hub.storage.clearFaults();
      hub.storage.fault('*', status(403));
      await expect(repo().open('model.safetensors', { signal })).rejects.toMatchObject({
        code: 'AUTH_FAIL',
        reason: 'signed_url_refused',
        hint: expect.stringContaining('clock'),
        details: { http_status: 403 },
      });
      hub.storage.remove(storagePath(sha256Hex(WEIGHTS)));
      hub.storage.clearFaults();
      await expect(repo().open('model.safetensors', { signal })).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', reason: 'not_found' });
    });
  });
});
