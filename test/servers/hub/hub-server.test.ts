/** The Hub's own clients against the server that stands in for it: what they download and what they say is as from the Hub. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadFile, listFiles, modelInfo, pathsInfo } from '@huggingface/hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HUB_CLI, HUB_PYTHON, hubCli, hubPython } from '../../support/hub-client.ts';
import { describeWithReal } from '../../support/real-server.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { type Content, literal, seeded } from '../http/fault-server.ts';
import { HubServer, storagePath } from './hub-server.ts';

const REPO = 'wan/model';
const FILES: Readonly<Record<string, Content>> = {
  'config.json': literal(JSON.stringify({ hidden: 'x'.repeat(2000) })),
  'empty.txt': literal(''),
  'model.safetensors': seeded(3_000_000, 1),
  'transformer/with space & ümlaut#1.json': literal('{"a": 1}'),
  'transformer/model-00001-of-00002.safetensors': seeded(700_000, 2),
  'transformer/model-00002-of-00002.safetensors': seeded(1, 3),
};
const bytesOf = (content: Content | undefined): Buffer => Buffer.from(content?.read(0, content.sizeBytes) ?? []);

let hub: HubServer;
beforeEach(async () => {
  hub = await HubServer.start();
  hub.commit(REPO, FILES);
});
afterEach(() => hub.stop());

describeWithReal("the Hub's Python client at our server", {
  needs: [HUB_PYTHON, HUB_CLI],
  suite: () => {
    const python = async (code: string, options: { env?: Record<string, string>; cache?: string } = {}) =>
      hubPython(`from huggingface_hub import *\nfrom huggingface_hub.errors import *\n${code}`, [], {
        cache: options.cache ?? (await tempDir()),
        endpoint: hub.url,
        ...(options.env && { env: options.env }),
      });
    const print = async (code: string, env?: Record<string, string>): Promise<string> => {
      const { code: status, stdout, stderr } = await python(code, { ...(env && { env }) });
      expect([status, stderr]).toEqual([0, expect.anything()]);
      return stdout.trim();
    };

    it('downloads a snapshot, equal to the last byte, page by page', async () => {
      hub.pageSize = 3;
      const cache = await tempDir();
      const { stdout, stderr, code } = await python(`print(snapshot_download('${REPO}'))`, { cache });
      expect([code, stderr]).toEqual([0, expect.anything()]);
      expect(stdout.trim()).toBe(join(cache, 'models--wan--model/snapshots', hub.repo(REPO).refs.get('main') ?? ''));
      for (const [path, content] of Object.entries(FILES)) {
        expect((await readFile(join(stdout.trim(), path))).equals(bytesOf(content)), path).toBe(true);
      }
      expect(hub.requests.filter(({ path }) => path.includes('/tree/')).length).toBe(3);
      expect(hub.requests.filter(({ path, status }) => path.includes(REPO) && status >= 400)).toEqual([]);
    });

    it('downloads by its command, with the token, which the storage never sees', async () => {
      hub.repo(REPO).isPrivate = true;
      hub.allow('hf_good', REPO);
      const directory = await tempDir();
      const args = ['download', REPO, '--include', 'transformer/*', '--local-dir', directory];
      const done = await hubCli(args, { cache: await tempDir(), endpoint: hub.url, env: { HF_TOKEN: 'hf_good' } });
      expect([done.code, done.stderr]).toEqual([0, expect.anything()]);
      const shard = 'transformer/model-00001-of-00002.safetensors';
      expect((await readFile(join(directory, shard))).equals(bytesOf(FILES[shard]))).toBe(true);
      expect(hub.storage.requests.length).toBeGreaterThan(0);
      expect(hub.storage.requests.flatMap(({ headers }) => headers.authorization ?? [])).toEqual([]);
    });

    it('finds datasets, branches, pull requests, and repositories that were renamed', async () => {
      hub.commit('datasets/wan/data', { 'a.txt': 'data' });
      hub.commit(REPO, { 'pr.txt': 'pull request' }, 'refs/pr/1');
      hub.commit(REPO, { 'branch.txt': 'branch' }, 'feature/x');
      hub.rename('wan/old', REPO);
      const lines = await print(
        [
          "print(open(hf_hub_download('wan/data', 'a.txt', repo_type='dataset')).read())",
          `print(open(hf_hub_download('${REPO}', 'pr.txt', revision='refs/pr/1')).read())`,
          `print(open(hf_hub_download('${REPO}', 'branch.txt', revision='feature/x')).read())`,
          "print(len(open(hf_hub_download('wan/old', 'config.json')).read()))",
          `print(sorted(branch.name for branch in list_repo_refs('${REPO}').branches))`,
        ].join('\n'),
      );
      expect(lines.split('\n')).toEqual([
        'data',
        'pull request',
        'branch',
        String(FILES['config.json']?.sizeBytes),
        "['feature/x', 'main']",
      ]);
    });

    it('reads sizes and digests as they are', async () => {
      const found = JSON.parse(
        await print(
          `import json
info = model_info('${REPO}', files_metadata=True)
tree = {f.path: [f.size, f.lfs and f.lfs.sha256, f.blob_id] for f in list_repo_tree('${REPO}', recursive=True) if hasattr(f, 'size')}
paths = [f.path for f in get_paths_info('${REPO}', ['config.json', 'none'])]
print(json.dumps([{s.rfilename: [s.size, s.lfs and s.lfs.sha256, s.blob_id] for s in info.siblings}, tree, paths]))`,
        ),
      );
      expect(found[0]).toEqual(found[1]);
      expect(Object.keys(found[0]).sort()).toEqual(Object.keys(FILES).sort());
      expect(found[2]).toEqual(['config.json']);
    });

    it('throws what it throws at the Hub', async () => {
      hub.commit('wan/gated', { 'a.txt': 'x' });
      hub.repo('wan/gated').isGated = true;
      hub.commit('wan/disabled', { 'a.txt': 'x' });
      hub.repo('wan/disabled').isDisabled = true;
      hub.commit('wan/private', { 'a.txt': 'x' });
      hub.repo('wan/private').isPrivate = true;
      hub.allow('hf_other', 'wan/another');
      const lines = await print(
        `def name(repo, file='a.txt', **options):
    try:
        get_hf_file_metadata(hf_hub_url(repo, file, revision=options.pop('revision', None)), **options)
        return 'nothing'
    except Exception as error:
        return type(error).__name__ + ' ' + str(error.response.status_code)
print([name('wan/gated'), name('wan/gated', token='hf_other'), name('wan/disabled'), name('${REPO}'), name('${REPO}', revision='no'),
  name('${REPO}', 'config.json', token='hf_bad'), name('wan/private', token='hf_other'), name('wan/none', token='hf_other')])`,
      );
      expect(JSON.parse(lines.replaceAll("'", '"'))).toEqual([
        'GatedRepoError 401',
        'GatedRepoError 403',
        'DisabledRepoError 403',
        'RemoteEntryNotFoundError 404',
        'RevisionNotFoundError 404',
        'HfHubHTTPError 401',
        'RepositoryNotFoundError 404',
        'RepositoryNotFoundError 404',
      ]);
    });

    it('understands the rate limit', async () => {
      hub.limit({ remaining: 0, resetSeconds: 77 });
      const text = await print(
        `try:
    get_hf_file_metadata(hf_hub_url('${REPO}', 'config.json'))
except HfHubHTTPError as error:
    print(error)`,
      );
      expect(text).toContain("you have reached your 'resolvers' rate limit");
      expect(text).toContain('Retry after 77 seconds');
    });
  },
});

describe("the Hub's JavaScript client at our server", () => {
  const place = () => ({ repo: REPO, hubUrl: hub.url });

  it('lists page by page and downloads, equal to the last byte', async () => {
    hub.pageSize = 2;
    const paths: string[] = [];
    for await (const { path, type, size } of listFiles({ ...place(), recursive: true })) {
      if (type !== 'file') continue;
      paths.push(path);
      expect(size).toBe(FILES[path]?.sizeBytes);
    }
    expect(paths.sort()).toEqual(Object.keys(FILES).sort());
    for (const path of ['config.json', 'model.safetensors', 'transformer/model-00001-of-00002.safetensors']) {
      const blob = await downloadFile({ ...place(), path, xet: false });
      expect(Buffer.from((await blob?.arrayBuffer()) ?? new ArrayBuffer()).equals(bytesOf(FILES[path])), path).toBe(true);
    }
    expect(await downloadFile({ ...place(), path: 'none.bin' })).toBeNull();
  });

  it('reads what is said of the repository and of its files', async () => {
    expect(await modelInfo({ name: REPO, hubUrl: hub.url, additionalFields: ['sha'] })).toMatchObject({
      sha: hub.repo(REPO).refs.get('main'),
    });
    const [info] = await pathsInfo({ ...place(), paths: ['model.safetensors', 'none'] });
    expect(info).toMatchObject({ path: 'model.safetensors', size: 3_000_000, lfs: { oid: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  });

  it('is refused without a token that is good', async () => {
    hub.repo(REPO).isPrivate = true;
    hub.allow('hf_good', REPO);
    const read = (accessToken?: string) => modelInfo({ name: REPO, hubUrl: hub.url, ...(accessToken !== undefined && { accessToken }) });
    await expect(read()).rejects.toMatchObject({ statusCode: 401 });
    await expect(read('hf_bad')).rejects.toMatchObject({ statusCode: 401, message: expect.stringContaining('Invalid credentials') });
    expect(await read('hf_good')).toMatchObject({ private: true });
  });
});

describe('the storage of our server', () => {
  it('takes no URL that was forged or has ended', async () => {
    const signed = async (): Promise<string> =>
      (await fetch(`${hub.url}/${REPO}/resolve/main/model.safetensors`, { redirect: 'manual' })).headers.get('location') ?? '';
    const url = await signed();
    expect(url).toContain(storagePath(''));
    const range = { headers: { range: 'bytes=10-19' } };
    expect((await fetch(url, range)).headers.get('content-range')).toBe('bytes 10-19/3000000');
    expect((await fetch(url.replace(/Signature=./, 'Signature=x'))).status).toBe(403);
    hub.signer.passTime(3601_000);
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(await signed(), range)).status).toBe(206);
  });
});
