/** The built command and the Hub's own Python client on one cache. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { seeded } from '../servers/http/fault-server.ts';
import { HubServer } from '../servers/hub/hub-server.ts';
import { HUB_CLI, HUB_PYTHON, hubCli, hubPython } from '../support/hub-client.ts';
import { digestOf, MODEL, type ModelWorld, modelFixture, type Ran, textOf } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';

const REPO = 'Wan-AI/Wan2.2-Tiny';
const REPO_FOLDER = 'models--Wan-AI--Wan2.2-Tiny';
const files = {
  'high_noise_model/weights.safetensors': seeded(1_300_000, 71),
  'vae/weights.safetensors': seeded(40_000, 72),
  'config.json': seeded(700, 73),
};
const PATHS = Object.keys(files);

interface Place {
  readonly world: ModelWorld;
  readonly hub: HubServer;
  readonly cache: string;
  readonly commit: string;
  /** Our command, with the cache and the Hub. */
  readonly ensure: (env?: Readonly<Record<string, string>>) => Promise<Ran>;
}

/** A Hub with the model, a manifest that names it, an empty cache. */
async function place(source = `hf://${REPO}`): Promise<Place> {
  const hub = await HubServer.start();
  onTestFinished(() => hub.stop());
  const commit = hub.commit(REPO, files);
  const world = await modelFixture({ files, sources: [source] });
  const cache = join(world.directory, 'hub');
  const ensure = (env = {}) => world.cli(['models', 'ensure', MODEL, '--json'], { HF_HUB_CACHE: cache, HF_ENDPOINT: hub.url, ...env });
  return { world, hub, cache, commit, ensure };
}

interface Ensured {
  readonly data: {
    readonly results: readonly { readonly fetched_bytes: number; readonly files: readonly { readonly origin: string }[] }[];
  };
}

function resultOf(ran: Ran) {
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  const [result] = ran.json<Ensured>().data.results;
  return { fetchedBytes: result?.fetched_bytes, origins: result?.files.map(({ origin }) => origin) };
}

const stateOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, mtimeMs, ctimeMs, nlink, ino, size } = lstatSync(join(folder, name));
      return [name, mode, mtimeMs, ctimeMs, nlink, ino, size];
    });

const requestsTo = ({ requests, storage }: HubServer): number => requests.length + storage.requests.length;

async function python(code: string, args: readonly string[], options: Parameters<typeof hubPython>[2]): Promise<string> {
  const ran = await hubPython(code, args, options);
  expect(ran.code, ran.stderr).toBe(0);
  return ran.stdout.trim();
}

/** A folder with the model's files, for what is not to come from a server. */
function writtenTo(folder: string): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), textOf(content));
  }
  return folder;
}

describeWithReal('a cache that the Hub client wrote', {
  needs: [HUB_PYTHON],
  suite: () => {
    const adoptedAsItIs = async ({ hub, cache, ensure }: Place) => {
      const before = stateOf(cache);
      const requests = requestsTo(hub);
      expect(resultOf(await ensure())).toEqual({ fetchedBytes: 0, origins: ['copied', 'copied', 'copied'] });
      expect(requestsTo(hub)).toBe(requests);
      expect(stateOf(cache)).toEqual(before);
    };

    it.each([
      ['as links', {}],
      ['as files, as on Windows', { HF_HUB_DISABLE_SYMLINKS: '1' }],
    ])('by a download, %s, is adopted: nothing is asked of the Hub, nothing in the cache changes', async (_, env) => {
      const at = await place();
      await python(`from huggingface_hub import snapshot_download; snapshot_download('${REPO}')`, [], {
        cache: at.cache,
        endpoint: at.hub.url,
        env,
      });
      expect(requestsTo(at.hub)).toBeGreaterThan(0);
      await adoptedAsItIs(at);
    });

    it('with the store that repositories share is adopted too', async () => {
      const at = await place();
      const script = join(import.meta.dirname, '..', 'support', 'write-hub-cache.py');
      const folder = writtenTo(join(at.world.directory, 'downloaded'));
      await python(`import runpy; runpy.run_path(${JSON.stringify(script)})`, [REPO, at.commit, folder, 'shared'], { cache: at.cache });
      expect(statSync(join(at.cache, 'blobs/.huggingface-shared-blobs')).isFile()).toBe(true);
      await adoptedAsItIs(at);
    });

    it('serves offline', async () => {
      const at = await place();
      await python(`from huggingface_hub import snapshot_download; snapshot_download('${REPO}')`, [], {
        cache: at.cache,
        endpoint: at.hub.url,
      });
      await at.hub.storage.stop();
      expect(resultOf(await at.ensure({ HF_HUB_OFFLINE: '1', HF_ENDPOINT: 'http://127.0.0.1:9' }))).toMatchObject({ fetchedBytes: 0 });
    });
  },
});

const READ_OFFLINE = `
import json
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download
from huggingface_hub.utils import OfflineModeIsEnabled
info = scan_cache_dir()
print(json.dumps({
  "folder": snapshot_download("${REPO}", local_files_only=True),
  "file": hf_hub_download("${REPO}", "vae/weights.safetensors"),
  "warnings": [str(warning) for warning in info.warnings],
  "incomplete": len(info.incomplete_files),
  "repos": [[repo.repo_id, repo.nb_files, sorted(repo.refs)] for repo in info.repos],
}))
`;

describeWithReal('a cache that our command populates', {
  needs: [HUB_PYTHON, HUB_CLI],
  suite: () => {
    it.each([
      ['of links', {}],
      ['of files, where there are no links', { HF_HUB_DISABLE_SYMLINKS: '1' }],
    ])('with a snapshot %s is what the Hub client finds offline, verifies and lists', async (_, env) => {
      const { hub, cache, commit, ensure } = await place();
      expect(resultOf(await ensure({ WAN_HF_CACHE: 'populate', ...env }))).toMatchObject({ origins: ['fetched', 'fetched', 'fetched'] });
      const snapshot = join(cache, REPO_FOLDER, 'snapshots', commit);
      expect(JSON.parse(await python(READ_OFFLINE, [], { cache }))).toEqual({
        folder: snapshot,
        file: join(snapshot, 'vae/weights.safetensors'),
        warnings: [],
        incomplete: 0,
        repos: [[REPO, 3, ['main']]],
      });
      for (const path of PATHS) {
        const found = createHash('sha256')
          .update(readFileSync(join(snapshot, path)))
          .digest('hex');
        expect(found, path).toBe(digestOf(files[path as keyof typeof files]));
      }
      const verify = () =>
        hubCli(['cache', 'verify', REPO, '--fail-on-missing-files', '--fail-on-extra-files'], { cache, endpoint: hub.url });
      const verified = await verify();
      expect(verified.code, verified.stdout + verified.stderr).toBe(0);
      expect((await hubCli(['cache', 'ls', '--show-warnings'], { cache })).stdout).toContain(REPO);
      writeFileSync(join(snapshot, 'config.json'), Buffer.alloc(files['config.json'].sizeBytes));
      expect((await verify()).code).not.toBe(0);
    });

    it('needs no download by the client, which goes on from there', async () => {
      const { hub, cache, ensure } = await place();
      resultOf(await ensure({ WAN_HF_CACHE: 'populate' }));
      const sentBytes = hub.storage.sentBytes();
      const before = stateOf(join(cache, REPO_FOLDER, 'blobs'));
      await python(`from huggingface_hub import snapshot_download; snapshot_download('${REPO}')`, [], { cache, endpoint: hub.url });
      expect(hub.storage.sentBytes()).toBe(sentBytes);
      expect(stateOf(join(cache, REPO_FOLDER, 'blobs'))).toEqual(before);
    });

    it('serves another root of ours', async () => {
      const at = await place(`hf://${REPO}@main`);
      resultOf(await at.ensure({ WAN_HF_CACHE: 'populate' }));
      const requests = requestsTo(at.hub);
      const other = join(at.world.directory, 'other-root');
      expect(resultOf(await at.ensure({ MODELS_ROOT: other })).fetchedBytes).toBe(0);
      expect(requestsTo(at.hub)).toBe(requests);
    });

    it('stays empty by default, and where it cannot be written the model is complete all the same', async () => {
      const first = await place();
      resultOf(await first.ensure());
      expect(() => lstatSync(first.cache)).toThrow(/ENOENT/);
      const second = await place();
      writeFileSync(second.cache, 'not a folder');
      const ran = await second.ensure({ WAN_HF_CACHE: 'populate' });
      expect(resultOf(ran)).toMatchObject({ origins: ['fetched', 'fetched', 'fetched'] });
      expect(ran.stderr).toContain('not put into the Hub cache');
    });

    it.runIf(process.platform === 'linux')('says of a cache that nobody may write, root included, what to set', async () => {
      const { ensure } = await place();
      const ran = await ensure({ WAN_HF_CACHE: 'populate', HF_HUB_CACHE: '/sys/hub' });
      expect(resultOf(ran)).toMatchObject({ origins: ['fetched', 'fetched', 'fetched'] });
      expect(ran.stderr).toMatch(/not put into the Hub cache.*HF_HUB_CACHE.*hf_cache = "adopt"/);
    });
  },
});
