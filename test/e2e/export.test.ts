/** Exports by the built command: files, kills, volumes, the Hub's own cache. */
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { HubServer } from '../servers/hub/hub-server.ts';
import { HUB_PYTHON, hubPython } from '../support/hub-client.ts';
import { describeOnVolume, loopVolume, type VolumeKind } from '../support/loop-volume.ts';
import { digestOf, MODEL, type ModelWorld, modelFixture, textOf } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';

const MIB = 2 ** 20;
const files = {
  'model_index.json': '{}',
  'dit/a.safetensors': seeded(40 * MIB + 3, 1),
  'dit/b.safetensors': seeded(40 * MIB + 3, 1),
  empty: '',
};
const PATHS = Object.keys(files) as (keyof typeof files)[];

async function place(
  root?: string,
): Promise<{ world: ModelWorld; to: string; exporting: (...more: string[]) => ReturnType<ModelWorld['cli']> }> {
  const world = await modelFixture({ files, ...(root !== undefined && { root }) });
  await world.cli(['models', 'ensure', MODEL, '-q']);
  const to = join(root === undefined ? world.directory : dirname(root), 'out', 'model');
  mkdirSync(dirname(to));
  return { world, to, exporting: (...more) => world.cli(['models', 'export', MODEL, to, '--json', ...more]) };
}

const namesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

function expectWhole(folder: string): void {
  expect(namesIn(folder)).toEqual([...PATHS].sort());
  for (const path of PATHS) expect(readFileSync(join(folder, path)).equals(textOf(files[path]))).toBe(true);
}

describe('wan models export', () => {
  it('writes all files of a model and no others, which are their owner’s, and finds them there again', async () => {
    const { world, to, exporting } = await place();
    const ran = await exporting();
    expect(ran.json().data).toMatchObject({
      ref: MODEL,
      path: to,
      written: true,
      files: expect.arrayContaining([{ path: 'empty', size_bytes: 0, sha256: digestOf(''), way: expect.any(String) }]),
    });
    expectWhole(to);
    expect(statSync(join(to, 'dit/a.safetensors')).mode & 0o777).toBe(0o644);
    expect(readdirSync(dirname(to))).toEqual(['model']);
    expect((await exporting()).json().data).toMatchObject({ written: false });
    writeFileSync(join(to, 'dit/a.safetensors'), 'edited');
    expect((await world.cli(['models', 'verify', MODEL])).code).toBe(0);
    expect((await exporting()).json().error).toMatchObject({ code: 'INVALID_INPUT', reason: 'output_exists' });
    expect(readFileSync(join(to, 'dit/a.safetensors'), 'utf8')).toBe('edited');
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('refuses a folder of somebody else, one inside of the store, and a model that is not complete', async () => {
    const { world, to, exporting } = await place();
    mkdirSync(to);
    writeFileSync(join(to, 'mine'), 'mine');
    expect((await exporting()).json().error).toMatchObject({ reason: 'output_exists' });
    expect(namesIn(to)).toEqual(['mine']);
    const inside = await world.cli(['models', 'export', MODEL, join(world.modelsRoot, 'x'), '--json']);
    expect(inside.json().error).toMatchObject({ reason: 'output_in_root' });
    await world.cli(['models', 'rm', MODEL]);
    expect((await world.cli(['models', 'export', MODEL, `${to}2`, '--json'])).json().error).toMatchObject({ reason: 'not_complete' });
    expect(existsSync(`${to}2`)).toBe(false);
  });

  it('fills an empty folder, and goes on after kills where it stopped', async () => {
    const { world, to, exporting } = await place();
    mkdirSync(to);
    let held = 0;
    for (let round = 0; round < 15 && held < 70 * MIB; round++) {
      const { child, ended } = world.start(['models', 'export', MODEL, to, '--link', 'copy']);
      while (child.exitCode === null && heldIn(`${to}.partial`) <= held) await sleep(1);
      child.kill('SIGKILL');
      await ended;
      if (readdirSync(to).length > 0) break;
      expect(heldIn(`${to}.partial`)).toBeGreaterThanOrEqual(held);
      held = heldIn(`${to}.partial`);
    }
    expect(held).toBeGreaterThan(0);
    expect((await exporting('--link', 'copy')).code).toBe(0);
    expectWhole(to);
    expect(existsSync(`${to}.partial`)).toBe(false);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('believes nothing that an earlier run has left', async () => {
    const { to, exporting } = await place();
    mkdirSync(join(`${to}.partial`, 'dit'), { recursive: true });
    writeFileSync(join(`${to}.partial`, 'dit/a.safetensors'), Buffer.alloc(40 * MIB + 3, 7));
    writeFileSync(join(`${to}.partial`, 'foreign'), 'x');
    mkdirSync(join(`${to}.partial`, '.wan-export'));
    writeFileSync(join(`${to}.partial`, '.wan-export', `2.${digestOf(files['dit/b.safetensors'])}`), Buffer.alloc(9 * MIB, 7));
    expect((await exporting('--link', 'copy')).json()).toMatchObject({ ok: true });
    expectWhole(to);
  });

  it('stays one with the store by hard links where that is asked for, and the store stays proven', async () => {
    const { world, to, exporting } = await place();
    expect((await exporting('--link', 'hard')).json().data).toMatchObject({
      files: expect.arrayContaining([expect.objectContaining({ way: 'hard' })]),
    });
    expectWhole(to);
    expect(statSync(join(to, 'dit/a.safetensors')).mode & 0o222).toBe(0);
    linkSync(join(to, 'dit/a.safetensors'), join(to, '..', 'another'));
    expect((await world.cli(['models', 'check', MODEL])).code).toBe(0);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

const heldIn = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
        const stats = statSync(join(folder, name), { throwIfNoEntry: false });
        return sum + (stats?.isFile() === true && !name.endsWith('lock') ? stats.size : 0);
      }, 0)
    : 0;

for (const kind of ['btrfs', 'xfs'] satisfies VolumeKind[]) {
  describeOnVolume(kind, `export on ${kind}`, () => {
    it('shares every block', async () => {
      const { to, exporting } = await place(join(await loopVolume(kind), 'models'));
      const { data } = (await exporting('--link', 'reflink')).json<{ data: { files: { way: string }[] } }>();
      expect(new Set(data.files.map(({ way }) => way))).toEqual(new Set(['reflink']));
      expectWhole(to);
    });
  });
}

describeWithReal('the Hub’s own client', {
  needs: [HUB_PYTHON],
  suite: () => {
    it('finds a model that was exported into its cache, offline', async () => {
      const repo = 'org/tiny';
      const hub = await HubServer.start();
      onTestFinished(() => hub.stop());
      const own = { 'config.json': seeded(700, 3), 'sub/w.safetensors': seeded(200_000, 4) };
      hub.commit(repo, own);
      const open = Object.fromEntries(Object.entries(own).map(([path, content]) => [path, { content, keys: { sha256: null } }]));
      const world = await modelFixture({ files: open, sources: [`hf://${repo}`] });
      const env = { HF_ENDPOINT: hub.url, HF_HUB_CACHE: join(world.directory, 'unused') };
      const cache = join(world.directory, 'cache');
      await world.cli(['models', 'ensure', MODEL, '-q'], env);
      const unpinned = await world.cli(['models', 'export', MODEL, cache, '--layout', 'hf-cache', '--json'], env);
      expect(unpinned.json().error).toMatchObject({ reason: 'not_from_hub' });
      await world.cli(['models', 'lock', '-q'], env);
      const ran = await world.cli(['models', 'export', MODEL, cache, '--layout', 'hf-cache', '--json'], env);
      expect(ran.json(), ran.stderr).toMatchObject({ ok: true, data: { layout: 'hf-cache', written: true } });
      const code = 'import sys; from huggingface_hub import snapshot_download; print(snapshot_download(sys.argv[1]))';
      const found = await hubPython(code, [repo], { cache });
      expect(found.code, found.stderr).toBe(0);
      expect(found.stdout.trim()).toBe(ran.json().data.path);
      for (const [path, content] of Object.entries(own))
        expect(readFileSync(join(found.stdout.trim(), path)).equals(textOf(content))).toBe(true);
      expect((await world.cli(['models', 'export', MODEL, cache, '--layout', 'hf-cache', '--json'], env)).json().data).toMatchObject({
        written: false,
      });
    });
  },
});
