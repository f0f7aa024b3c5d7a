/** The built command and the Hub's own Python client on one cache. */
import { lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { seeded } from '../servers/http/fault-server.ts';
import { HUB_PYTHON, hubPython } from '../support/hub-client.ts';
import { MODEL, type ModelWorld, modelFixture, textOf } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const REPO = 'Wan-AI/Wan2.2-Tiny';
const files = {
  'high_noise_model/weights.safetensors': seeded(1_300_000, 71),
  'vae/weights.safetensors': seeded(40_000, 72),
  'config.json': seeded(700, 73),
};

/** A cache that the real client has filled with the model's files, and a server that is never to be asked. */
async function filledByTheClient(...how: string[]): Promise<{ world: ModelWorld; cache: string }> {
  const world = await modelFixture({ files, sources: [`hf://${REPO}@main`, 'http'] });
  const cache = join(world.directory, 'hub');
  const folder = join(world.directory, 'downloaded');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), textOf(content));
  }
  const env = how.includes('windows') ? { HF_HUB_DISABLE_SYMLINKS: '1' } : {};
  const script = join(import.meta.dirname, '..', 'support', 'write-hub-cache.py');
  const code = `import runpy; runpy.run_path(${JSON.stringify(script)})`;
  const written = await hubPython(code, [REPO, COMMIT, folder, ...how], { cache, env });
  expect(written).toMatchObject({ code: 0 });
  return { world, cache };
}

const stateOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, mtimeMs, ctimeMs, nlink, ino, size } = lstatSync(join(folder, name));
      return [name, mode, mtimeMs, ctimeMs, nlink, ino, size];
    });

describeWithReal('a cache that the Hub client wrote', {
  needs: [HUB_PYTHON],
  suite: () => {
    it.each([
      ['with links to blobs', []],
      ['with links into the store that repositories share', ['shared']],
      ['without links, as on Windows', ['windows']],
    ])('%s is adopted: nothing is fetched, nothing in it changes', async (_, how) => {
      const { world, cache } = await filledByTheClient(...how);
      if (how.includes('shared')) expect(statSync(join(cache, 'blobs')).isDirectory()).toBe(true);
      const before = stateOf(cache);
      const ran = await world.cli(['models', 'ensure', MODEL, '--json'], { HF_HUB_CACHE: cache });
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
      const { data } = ran.json<{ data: { results: Array<{ fetched_bytes: number; files: Array<{ origin: string }> }> } }>();
      expect(data.results[0]?.fetched_bytes).toBe(0);
      expect(data.results[0]?.files.map(({ origin }) => origin)).toEqual(['copied', 'copied', 'copied']);
      expect(world.server('http').connectionCount).toBe(0);
      expect(stateOf(cache)).toEqual(before);
    });
  },
});
