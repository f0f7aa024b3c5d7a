/** The built command, a lockfile, and sources that change: the Hub, folders, web servers, releases. */
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { literal, seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { HubServer, storagePath } from '../servers/hub/hub-server.ts';
import { MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';

const REPO = 'org/embedder';
const ID = 'embedder@1.0.0';
const files = {
  'model.safetensors': seeded(300_000, 91),
  'config.json': '{"architectures": ["BertModel"]}',
  'README.md': '---\nlicense: apache-2.0\n---\n',
};

let hub: HubServer;
beforeEach(async () => {
  hub = await HubServer.start();
  hub.commit(REPO, files);
});
afterEach(() => hub.stop());

const commitNow = (): string => hub.repo(REPO).refs.get('main') ?? '';
const asked = (pattern: RegExp): string[] => hub.requests.filter(({ path }) => pattern.test(path)).map(({ path }) => path);

async function worldOf(table = `sources = { priority = ["hf://${REPO}"] }`, env: Record<string, string> = {}): Promise<ModelWorld> {
  const world = await modelFixture({ models: {}, env: { HF_ENDPOINT: hub.url, WAN_HF_CACHE: 'off', ...env } });
  await writeFile(world.manifestPath, `schema_version = 1\n\n[models."${ID}"]\n${table}\n`);
  return world;
}

const lockOf = (world: ModelWorld): Promise<string> => readFile(join(world.directory, 'models.lock'), 'utf8');
const run = async (world: ModelWorld, words: string, code = 0) => {
  const ran = await world.cli(['models', ...words.split(' ')]);
  expect(ran.code, `${words}\n${ran.stdout}\n${ran.stderr}`).toBe(code);
  return ran;
};

describe('a model whose files the manifest leaves open', () => {
  it('cannot be ensured before it is locked, and can from then on', async () => {
    const world = await worldOf();
    const refused = await run(world, `ensure ${ID} --json`, 2);
    expect(refused.json().error).toMatchObject({ code: 'LOCKFILE_STALE', reason: 'lockfile_missing' });
    const locked = await run(world, 'lock --json');
    const smallBytes = files['config.json'].length + files['README.md'].length;
    expect(locked.json().data).toMatchObject({
      written: true,
      read_bytes: smallBytes,
      parts: [{ id: ID, action: 'added', file_count: 3, to: { revision: commitNow() } }],
    });
    await run(world, `ensure ${ID} --frozen`);
    expect(await readFile(join(world.modelDir(ID), 'config.json'), 'utf8')).toBe(files['config.json']);
    const shown = await run(world, `show ${ID} --json`);
    expect(shown.json<{ data: { files: { path: string; sha256: string; proof: string }[] } }>().data.files).toMatchObject([
      { path: 'README.md', proof: 'lock-sha256' },
      { path: 'config.json', sha256: sha256Hex(literal(files['config.json'])), proof: 'lock-sha256' },
      { path: 'model.safetensors', sha256: sha256Hex(files['model.safetensors']), proof: 'lock-sha256' },
    ]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('stays at the revision that was pinned when the branch moves on; outdated says DRIFT, update takes it', async () => {
    const world = await worldOf();
    await run(world, 'lock');
    const pinned = commitNow();
    const before = await lockOf(world);
    hub.commit(REPO, { ...files, 'config.json': '{"architectures": ["OtherModel"]}' });
    await run(world, 'lock');
    expect(await lockOf(world)).toBe(before);
    await run(world, `ensure ${ID} --frozen`);
    expect(await readFile(join(world.modelDir(ID), 'config.json'), 'utf8')).toBe(files['config.json']);

    const drifted = await run(world, 'outdated', 10);
    expect(drifted.stdout).toContain('DRIFT');
    for (const text of [
      pinned.slice(0, 12),
      commitNow().slice(0, 12),
      'config.json',
      before.match(/locked_at = "(\d{4}-\d\d-\d\d)/)?.[1] ?? '?',
    ])
      expect(drifted.stdout).toContain(text);
    expect(await lockOf(world)).toBe(before);

    const updated = await run(world, 'update --json');
    expect(updated.json().data).toMatchObject({
      parts: [
        {
          action: 'changed',
          from: { revision: pinned },
          to: { revision: commitNow() },
          changes: [{ path: 'config.json', change: 'changed' }],
        },
      ],
    });
    await run(world, 'outdated');
    await run(world, `ensure ${ID} --frozen`);
    expect(await readFile(join(world.modelDir(ID), 'config.json'), 'utf8')).toContain('OtherModel');
    const lines = (await lockOf(world)).split('\n').filter((line) => !before.includes(line));
    expect(lines.filter((line) => line.includes('path = '))).toHaveLength(1);
  });

  it('is pinned again without a request, byte for byte the same, even after its date', async () => {
    const world = await worldOf();
    await run(world, 'lock');
    const [before, requests] = [await lockOf(world), hub.requests.length];
    const { mtimeMs } = await stat(join(world.directory, 'models.lock'));
    await run(world, 'lock');
    expect(hub.requests.length).toBe(requests);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await run(world, 'update');
    expect(await lockOf(world)).toBe(before);
    expect((await stat(join(world.directory, 'models.lock'))).mtimeMs).toBe(mtimeMs);
    expect(asked(/\/resolve\/.*config\.json/), 'what git names as before is not read again').toHaveLength(1);
  });

  it('holds only what its patterns allow', async () => {
    const world = await worldOf(`sources = { priority = ["hf://${REPO}"], allow_patterns = ["*.json"] }`);
    await run(world, 'lock');
    expect((await lockOf(world)).match(/path = "[^"]+"/g)).toEqual(['path = "config.json"']);
  });
});

describe('--frozen', () => {
  it('refuses where the manifest has changed since, and says what', async () => {
    const world = await worldOf();
    await run(world, 'lock');
    await writeFile(world.manifestPath, (await readFile(world.manifestPath, 'utf8')).replace('"hf://', '"local://mirror", "hf://'));
    const refused = await run(world, `ensure ${ID} --frozen --json`, 2);
    expect(refused.json().error).toMatchObject({ code: 'LOCKFILE_STALE', reason: 'entry_stale' });
    expect(refused.json().error.message).toContain('its sources or patterns have changed');
    await run(world, 'lock');
    await run(world, `ensure ${ID} --frozen`);
  });

  it('refuses an entry that was edited by hand, frozen or not, until it is made anew', async () => {
    const world = await worldOf();
    await run(world, 'lock');
    const good = await lockOf(world);
    await writeFile(join(world.directory, 'models.lock'), good.replace('size = 300000', 'size = 300001'));
    const refused = await run(world, `ensure ${ID} --json`, 2);
    expect(refused.json().error).toMatchObject({ code: 'LOCKFILE_STALE', reason: 'edited_by_hand' });
    expect((await run(world, 'lock')).stdout).toContain('edited by hand');
    expect((await lockOf(world)).replace(/(?:digest|locked_at) = .*/g, '')).toBe(good.replace(/(?:digest|locked_at) = .*/g, ''));
  });

  it('does nothing where a model with all digests is not in the lockfile', async () => {
    const world = await modelFixture({ files: { 'a.bin': 'bytes' } });
    const refused = await world.cli(['models', 'ensure', 't2v-tiny', '--frozen', '--json']);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.json().error).toMatchObject({ code: 'LOCKFILE_STALE', reason: 'lockfile_missing' });
    await run(world, 'lock --offline');
    await run(world, 'ensure t2v-tiny --frozen');
  });

  it('tells a lockfile with merge conflicts by its line', async () => {
    const world = await worldOf();
    await run(world, 'lock');
    await writeFile(join(world.directory, 'models.lock'), `${await lockOf(world)}<<<<<<< HEAD\n=======\n>>>>>>> other\n`);
    const refused = await run(world, `ensure ${ID}`, 2);
    expect(refused.stderr).toMatch(/models\.lock:\d+:1 merge_conflict/);
  });
});

describe('sources without revisions', () => {
  it('a folder is hashed, and its change is told though size and date stay the same', async () => {
    const world = await worldOf('sources = { priority = ["local://mirror"] }');
    const folder = join(world.directory, 'mirror');
    await mkdir(folder);
    await writeFile(join(folder, 'a.bin'), 'first bytes');
    const { atime, mtime } = await stat(join(folder, 'a.bin'));
    const locked = await run(world, 'lock --offline --json');
    expect(locked.json().data).toMatchObject({ read_bytes: 11, parts: [{ file_count: 1 }] });
    await run(world, 'outdated');
    await writeFile(join(folder, 'a.bin'), 'other bytes');
    await utimes(join(folder, 'a.bin'), atime, mtime);
    const drifted = await run(world, 'outdated --json', 10);
    expect(drifted.json().data).toMatchObject({
      current: false,
      parts: [
        {
          state: 'drift',
          changes: [
            { path: 'a.bin', from: { sha256: sha256Hex(literal('first bytes')) }, to: { sha256: sha256Hex(literal('other bytes')) } },
          ],
        },
      ],
    });
  });

  it('a listed file without a digest gets one, from a web server too, and is not read again while its etag stays', async () => {
    const bytes = seeded(50_000, 3);
    const world = await modelFixture({ files: { 'a.bin': { content: bytes, keys: { sha256: null } } }, sources: ['http'] });
    const locked = await run(world, 'lock --json');
    expect(locked.json().data).toMatchObject({ read_bytes: 50_000 });
    expect(await lockOf(world)).toContain(sha256Hex(bytes));
    expect((await run(world, 'update --json')).json().data).toMatchObject({ read_bytes: 0, written: false });
    await run(world, 'ensure t2v-tiny --frozen');
    expect((await run(world, 'status t2v-tiny --json')).json().data).toMatchObject({ results: [{ proof: 'lock-sha256' }] });
  });

  it('a web server that nobody can list is told to have its files named', async () => {
    const world = await worldOf('sources = { priority = ["http://127.0.0.1:9/models"] }');
    const failed = await run(world, 'lock --json', 1);
    expect(failed.json().error).toMatchObject({ code: 'NOT_IMPLEMENTED', reason: 'list_unsupported' });
    await expect(lockOf(world)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('ensure, where a source has other bytes than were pinned', () => {
  it('says DRIFT with both digests, both sizes, and since when it is pinned', async () => {
    const world = await modelFixture({ files: { 'a.bin': { content: 'first bytes', keys: { sha256: null } } }, sources: ['http'] });
    await run(world, 'lock');
    world.server().put(`${MODEL}/a.bin`, literal('other bytes'));
    const drifted = await run(world, 'ensure t2v-tiny --json', 5);
    const { code, message, hint, details } = drifted.json().error;
    expect(code).toBe('DRIFT');
    for (const content of ['first bytes', 'other bytes']) expect(message).toContain(sha256Hex(literal(content)));
    expect(message).toMatch(/pinned on \d{4}-\d\d-\d\d/);
    expect(hint).toContain('wan models update');
    expect(details).toMatchObject({ file: 'a.bin', pinned: { size_bytes: 11 }, found: [{ size_bytes: 11 }] });

    world.server().put(`${MODEL}/a.bin`, literal('longer bytes than before'));
    const longer = (await run(world, 'ensure t2v-tiny --json', 5)).json().error;
    expect(longer).toMatchObject({ code: 'DRIFT', details: { pinned: { size_bytes: 11 }, found: [{ size_bytes: 24 }] } });
    expect(longer.message).toContain(sha256Hex(literal('longer bytes than before')));
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('goes on from the next source without a word', async () => {
    const world = await modelFixture({
      files: { 'a.bin': { content: 'first bytes', keys: { sha256: null } } },
      sources: ['http:one', 'http:two'],
    });
    await run(world, 'lock');
    world.server('http:one').put(`${MODEL}/a.bin`, literal('other bytes'));
    await run(world, 'ensure t2v-tiny');
  });

  it('says CHECKSUM_FAIL where the source itself still says what was pinned', async () => {
    const world = await worldOf(`sources = { priority = ["hf://${REPO}"], allow_patterns = ["*.safetensors"] }`);
    await run(world, 'lock');
    hub.storage.put(storagePath(sha256Hex(files['model.safetensors'])), seeded(300_000, 92));
    expect((await run(world, `ensure ${ID} --json`, 5)).json().error).toMatchObject({ code: 'CHECKSUM_FAIL' });
  });
});

it('a part of which no source has anything is told as that, not as drift', async () => {
  const world = await modelFixture({ files: { 'a.bin': 'bytes' } });
  await run(world, 'lock --offline');
  await rm(world.folder(), { recursive: true });
  const told = await run(world, 'outdated --json', 4);
  expect(told.json()).toMatchObject({
    error: { code: 'SOURCE_UNAVAILABLE' },
    data: { current: false, parts: [], failed: [{ id: MODEL }] },
  });
});

it('two processes that lock different models at once both get their entries', async () => {
  const world = await worldOf();
  hub.commit('org/second', { 'b.bin': 'second' });
  await writeFile(
    world.manifestPath,
    `${await readFile(world.manifestPath, 'utf8')}\n[models."second@1.0.0"]\nsources = { priority = ["hf://org/second"] }\n`,
  );
  await Promise.all([run(world, `lock ${ID}`), run(world, 'lock second')]);
  expect((await lockOf(world)).match(/^\[models\..*\]$/gm)).toEqual([`[models."${ID}"]`, '[models."second@1.0.0"]']);
  await run(world, 'outdated');
  await rm(join(world.directory, 'models.lock'));
  expect((await run(world, 'outdated --json', 10)).json().data).toMatchObject({ parts: [{ state: 'missing' }, { state: 'missing' }] });
});
