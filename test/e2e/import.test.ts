/** Imports by the built command: caches that the Hub's own client wrote, volumes that share blocks and volumes that do not, kills. */
import { mkdirSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { HUB_PYTHON, hubPython } from '../support/hub-client.ts';
import { describeOnVolume, loopVolume, run, type VolumeKind } from '../support/loop-volume.ts';
import { MODEL, type ModelWorld, modelFixture, textOf } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';
import { tempDir } from '../support/temp-dir.ts';

const MIB = 2 ** 20;
const files = { 'model_index.json': '{}', 'vae/v.safetensors': seeded(21 * MIB, 5), 'dit/d.safetensors': seeded(33 * MIB + 5, 6) };
const TOTAL = 54 * MIB + 7;
const PATHS = Object.keys(files);

/** A model that no source has, and a folder with its files. */
async function place(root?: string): Promise<{ world: ModelWorld; put: (folder: string) => string }> {
  const world = await modelFixture({ files, sources: ['local://nowhere'], ...(root !== undefined && { root }) });
  const put = (folder: string): string => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), textOf(content));
    }
    return folder;
  };
  return { world, put };
}

interface Imported {
  readonly ok: boolean;
  readonly data: {
    readonly adopted_bytes: number;
    readonly copied_bytes: number;
    readonly adopted: readonly { readonly way: string }[];
    readonly models: readonly { readonly ref: string; readonly state: string }[];
  };
}

const freeBytes = (path: string): number => {
  run('sync', ['-f', path]);
  const { bfree, bsize } = statfsSync(path);
  return bfree * bsize;
};

for (const kind of ['btrfs', 'xfs'] satisfies VolumeKind[]) {
  describeOnVolume(kind, `import on ${kind}`, () => {
    it('shares every block with the other tool’s files: the free space stays', async () => {
      const volume = await loopVolume(kind);
      const { world, put } = await place(join(volume, 'models'));
      const folder = put(join(volume, 'ComfyUI', 'models'));
      const before = freeBytes(volume);
      const ran = await world.cli(['models', 'import', '--from', 'comfyui', join(volume, 'ComfyUI'), '--link', 'reflink', '--json']);
      const { data } = ran.json<Imported>();
      expect(data).toMatchObject({ adopted_bytes: TOTAL, copied_bytes: 0, models: [{ ref: MODEL, state: 'published' }] });
      expect(before - freeBytes(volume)).toBeLessThan(4 * MIB);
      // The other tool's file is still its own.
      writeFileSync(join(folder, 'vae/v.safetensors'), 'edited');
      expect((await world.cli(['models', 'verify', MODEL])).code).toBe(0);
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    });
  });
}

describeOnVolume('ext4', 'import on ext4', () => {
  it('shares a file by a hard link where that is asked for, and copies else; a reflink that cannot be is refused', async () => {
    const volume = await loopVolume('ext4');
    const { world, put } = await place(join(volume, 'models'));
    const folder = put(join(volume, 'old'));
    const before = freeBytes(volume);
    const importing = (link: string) => world.cli(['models', 'import', '--from', 'folder', folder, '--link', link, '--json']);
    const refused = await importing('reflink');
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.json().error).toMatchObject({ code: 'INVALID_INPUT', reason: 'link_impossible' });
    const { data } = (await importing('hard')).json<Imported>();
    expect(data).toMatchObject({ adopted_bytes: TOTAL, copied_bytes: 0, models: [{ state: 'published' }] });
    expect(before - freeBytes(volume)).toBeLessThan(2 * MIB);
    expect(statSync(join(folder, 'vae/v.safetensors')).ino).toBe(statSync(join(world.modelDir(), 'vae/v.safetensors')).ino);
    expect((await world.cli(['models', 'rm', MODEL])).code).toBe(0);
    expect(readFileSync(join(folder, 'vae/v.safetensors')).equals(textOf(files['vae/v.safetensors']))).toBe(true);
    expect((await importing('auto')).json<Imported>().data).toMatchObject({ copied_bytes: TOTAL });
    expect(before - freeBytes(volume)).toBeGreaterThan(TOTAL - MIB);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('from another volume copies, and says that it is no place for hard links', async () => {
    const { world, put } = await place();
    const folder = put(join(await loopVolume('ext4'), 'old'));
    const hard = await world.cli(['models', 'import', '--from', 'folder', folder, '--link', 'hard', '--json']);
    expect(hard.json().error).toMatchObject({ reason: 'link_impossible', hint: expect.stringContaining('--link auto') });
    const ran = await world.cli(['models', 'import', '--from', 'folder', folder, MODEL]);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/COMPLETE[\s\S]*54\.0 MiB taken over, 54\.0 MiB of them copied/) });
  });
});

describe('an import that is killed', () => {
  it('is finished by the next run, which reads nothing again that is here', async () => {
    const { world, put } = await place();
    const folder = put(await tempDir());
    const args = ['models', 'import', '--from', 'folder', folder, '--json'];
    let killed = 0;
    for (let round = 0; round < 8; round++) {
      const { child, ended } = world.start(args, { WAN_LIMIT_RATE: '20M' });
      await sleep(200 + 90 * round);
      if (child.kill('SIGKILL')) killed += 1;
      await ended;
      expect((await checkInvariants(world.modelsRoot)).filter(({ invariant }) => invariant !== 9)).toEqual([]);
    }
    expect(killed).toBeGreaterThan(3);
    const last = (await world.cli(args)).json<Imported>();
    expect(last).toMatchObject({ ok: true });
    expect((await world.cli(['models', 'check', MODEL])).code).toBe(0);
    expect((await world.cli(args)).json<Imported>().data).toMatchObject({ adopted: [], models: [{ state: 'complete' }] });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('by two at once takes every file once', async () => {
    const { world, put } = await place();
    const folder = put(await tempDir());
    const ran = await Promise.all([1, 2].map(() => world.cli(['models', 'import', '--from', 'folder', folder, '--json'])));
    const adopted = ran.map((one) => one.json<Imported>().data.adopted_bytes);
    expect((adopted[0] ?? 0) + (adopted[1] ?? 0)).toBe(TOTAL);
    expect((await world.cli(['models', 'check', MODEL])).code).toBe(0);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describe('wan models import', () => {
  it('finds each tool’s own place, and says what is missing and what the manifest does not know', async () => {
    const { world, put } = await place();
    put(join(world.directory, '.ollama/models/nothing'));
    const home = join(world.directory, '.lmstudio/models/org/repo');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'v.gguf'), textOf(files['vae/v.safetensors']));
    mkdirSync(join(home, '../it’s new'));
    writeFileSync(join(home, '../it’s new/n.gguf'), 'x');
    const dry = await world.cli(['models', 'import', '--from', 'lmstudio', '--dry-run']);
    expect(dry.stdout).toContain('21.0 MiB would be read');
    const ran = await world.cli(['models', 'import', '--from', 'lmstudio', MODEL]);
    expect(ran.code).toBe(10);
    expect(ran.stdout).toMatch(/PARTIAL\s+54\.0 MiB\s+33\.0 MiB/);
    expect(ran.stdout).toContain(`wan models ensure ${MODEL}`);
    expect(ran.stdout).toContain(`wan models add '${join(world.directory, '.lmstudio/models/org/it’s new')}' --as it-s-new@1.0.0`);
    expect((await world.cli(['models', 'import', '--from', 'ollama'])).stdout).toContain('0 files');
    expect((await world.cli(['models', 'import'])).stderr).toContain('--from hf-cache|folder|ollama|lmstudio|comfyui');
    expect((await world.cli(['models', 'import', '--from', 'folder'])).stderr).toContain('needs PATH');
  });
});

describeWithReal('the Hub’s own client', {
  needs: [HUB_PYTHON],
  suite: () => {
    it.each([
      ['', 'models of its own'],
      ['shared', 'the store that repositories share'],
    ])('writes a cache (%s) that is taken over', async (how) => {
      const { world, put } = await place();
      const folder = put(join(await tempDir(), 'files'));
      const cache = join(world.directory, 'hub');
      const script = readFileSync(join(import.meta.dirname, '..', 'support', 'write-hub-cache.py'), 'utf8');
      const wrote = await hubPython(script, ['org/video', 'd'.repeat(40), folder, ...(how === '' ? [] : [how])], { cache });
      expect(wrote.code, wrote.stderr).toBe(0);
      const off = { HF_HUB_CACHE: cache, WAN_HF_CACHE: 'off' };
      const ran = await world.cli(['models', 'import', '--from', 'hf-cache', '--json'], off);
      expect(ran.json<Imported>().data).toMatchObject({ adopted_bytes: TOTAL, models: [{ ref: MODEL, state: 'published' }] });
      const again = await hubPython(
        'import sys; from huggingface_hub import scan_cache_dir; print(scan_cache_dir(sys.argv[1]).size_on_disk)',
        [cache],
        { cache },
      );
      expect(Number(again.stdout)).toBeGreaterThan(0);
      expect(PATHS.length).toBe(3);
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    });
  },
});
