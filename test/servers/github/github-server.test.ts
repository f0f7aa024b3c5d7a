/** GitHub's own client against the server that stands in for GitHub: what it downloads and what it throws are as from GitHub. */
import { Octokit } from '@octokit/rest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { literal, seeded, sha256Hex } from '../http/fault-server.ts';
import { GithubServer } from './github-server.ts';

const place = { owner: 'wan', repo: 'models' };
const REPO = 'wan/models';
const WEIGHTS = seeded(300_000, 1);

describe("GitHub's own client at our server", () => {
  let github: GithubServer;
  beforeEach(async () => {
    github = await GithubServer.start();
    github.upload(REPO, 'v1', 'weights.bin', WEIGHTS, { label: 'unet/weights.bin' });
    github.upload(REPO, 'release/v2', 'my config (1).json', '{}', { prerelease: true });
  });
  afterEach(() => github.stop());

  const client = (auth?: string) =>
    new Octokit({ baseUrl: github.apiUrl, log: { debug() {}, info() {}, warn() {}, error() {} }, ...(auth !== undefined && { auth }) });

  it('finds releases by tag, the latest full one, and all assets page by page', async () => {
    for (let n = 0; n < 65; n++) github.upload(REPO, 'v1', `shard-${n}.bin`, 'x');
    const octokit = client();
    const { data } = await octokit.repos.getReleaseByTag({ ...place, tag: 'v1' });
    expect(data.assets.length).toBe(66);
    expect(data.assets[0]).toMatchObject({
      name: 'weights.bin',
      label: 'unet/weights.bin',
      size: 300_000,
      digest: `sha256:${sha256Hex(WEIGHTS)}`,
    });
    expect((await octokit.repos.getReleaseByTag({ ...place, tag: 'release/v2' })).data.assets[0]?.name).toBe('my.config.1.json');
    expect((await octokit.repos.getLatestRelease(place)).data.tag_name).toBe('v1');
    expect((await octokit.repos.listReleases(place)).data.map((release) => release.tag_name)).toEqual(['release/v2', 'v1']);
    const assets = await octokit.paginate(octokit.repos.listReleaseAssets, { ...place, release_id: data.id });
    expect(assets.map(({ name }) => name)).toEqual(data.assets.map(({ name }) => name));
  });

  it('downloads an asset, its token not sent to where the bytes are', async () => {
    github.setPrivate(REPO);
    github.allow('ghp_good', REPO);
    const octokit = client('ghp_good');
    const { data } = await octokit.repos.getReleaseByTag({ ...place, tag: 'v1' });
    const asset = await octokit.repos.getReleaseAsset({
      ...place,
      asset_id: data.assets[0]?.id ?? 0,
      headers: { accept: 'application/octet-stream' },
    });
    expect(sha256Hex(literal(Buffer.from(asset.data as unknown as ArrayBuffer)))).toBe(sha256Hex(WEIGHTS));
    expect(github.storage.requests.map(({ headers, status }) => [headers.authorization, status])).toEqual([[undefined, 200]]);
  });

  it('understands what is refused', async () => {
    const byTag = (auth?: string, tag = 'v1') => client(auth).repos.getReleaseByTag({ ...place, tag });
    await expect(byTag(undefined, 'v9')).rejects.toMatchObject({ status: 404, message: expect.stringContaining('Not Found') });
    await expect(byTag('ghp_bad')).rejects.toMatchObject({ status: 401, message: expect.stringContaining('Bad credentials') });
    github.setPrivate(REPO);
    await expect(byTag()).rejects.toMatchObject({ status: 404 });
    github.limit({ remaining: 0, resetMs: 1_900_000_000_000 });
    await expect(byTag()).rejects.toMatchObject({
      status: 403,
      response: { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1900000000' } },
    });
  });

  it('is refused links to the bytes that were forged or have ended', async () => {
    const link = async () => {
      const { data } = await client().repos.getReleaseByTag({ ...place, tag: 'v1' });
      const answer = await fetch(data.assets[0]?.browser_download_url ?? '', { redirect: 'manual' });
      return answer.headers.get('location') ?? '';
    };
    const good = await link();
    expect((await fetch(good)).status).toBe(200);
    expect((await fetch(good.replace(/Signature=./, 'Signature=x'))).status).toBe(403);
    github.signer.passTime(301_000);
    expect((await fetch(good)).status).toBe(403);
    expect(github.signer.refusals).toBe(1);
    expect((await fetch(await link())).status).toBe(200);
  });
});
