import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensorsHeader } from '../../src/formats/safetensors.ts';
import { parseWeightIndex } from '../../src/formats/weight-index.ts';
import { cloneEnvironment, furnishClone } from '../../test/support/furnish-clone.ts';
import { readPlain, referenceCast } from '../../test/support/reference-cast.ts';
import { makeModels } from './make-models.ts';

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'wan-quickstart-'));
});
afterAll(() => rm(place, { recursive: true, force: true }));

describe('the miniature family', () => {
  const data = () => join(place, 'data');
  beforeAll(() => makeModels(data()));

  it('is the same on every machine', async () => {
    const text = await readFile(join(data(), 'models.toml'), 'utf8');
    expect(createHash('sha256').update(text).digest('hex')).toBe('ab88ed5b148a4c8cb1a42cd6fc21dc67da4c90786efb89cc008503787a4b9dca');
  });

  it('is made once', async () => {
    expect(await makeModels(data())).toMatchObject({ madeNow: false });
  });

  it('holds valid safetensors whose indexes tell the truth', async () => {
    for (const path of globSync('mirror-b/**/*.index.json', { cwd: data() })) {
      const index = join(data(), path);
      const { shards, weightMap, totalSizeBytes } = parseWeightIndex(await readFile(index));
      const headers = await Promise.all(shards.map(async (shard) => [shard, await headerOf(join(index, '..', shard))] as const));
      const found = headers.flatMap(([shard, { tensors }]) => tensors.map(({ name }): [string, string] => [name, shard]));
      expect(new Map(found)).toEqual(new Map(weightMap));
      expect(headers.reduce((sum, [, { dataBytes }]) => sum + dataBytes, 0)).toBe(totalSizeBytes);
    }
  });

  it('has a first mirror that lacks files, and a second that lacks none', () => {
    const files = (mirror: string) =>
      globSync(`${mirror}/**/*.{json,model,safetensors}`, { cwd: data() }).map((path) => path.slice(mirror.length));
    const lost = files('mirror-b').filter((path) => !files('mirror-a').includes(path));
    expect(lost.map((path) => basename(path)).sort()).toEqual([
      'diffusion_pytorch_model-00007-of-00012.safetensors',
      'diffusion_pytorch_model-00012-of-00012.safetensors',
      'model-00002-of-00003.safetensors',
    ]);
    expect(files('mirror-b').length).toBe(84);
  });
});

describe('npm run quickstart', () => {
  const run = () => spawnSync(process.execPath, [join(import.meta.dirname, 'run.ts'), place], { encoding: 'utf8' });

  it('makes every model real, finds them again at once, and proposes commands that work', async () => {
    const first = run();
    expect(first.status, first.stderr).toBe(0);
    expect(first.stdout).toContain('ti2v-5B-mini@2.2.0');
    expect(first.stdout).not.toContain('proven already');

    const base = join(place, 'models', 'wan22', 'ti2v-5B-mini@2.2.0');
    const shards = globSync('transformer/*.safetensors', { cwd: base });
    expect(shards).toHaveLength(5);
    for (const shard of shards) {
      const made = readPlain(readFileSync(join(`${base}@bf16`, shard)));
      expect(made.tensors, shard).toEqual(referenceCast(readFileSync(join(base, shard)), 'BF16'));
    }
    const index = 'transformer/diffusion_pytorch_model.safetensors.index.json';
    const sizeIn = (folder: string) => parseWeightIndex(readFileSync(join(folder, index))).totalSizeBytes ?? 0;
    expect(sizeIn(`${base}@bf16`)).toBe(sizeIn(base) / 2);

    const second = run();
    expect(second.stdout).toContain('here and proven already');

    const clone = join(place, 'clone');
    await furnishClone(clone);
    const commands =
      second.stdout
        .split('Try next:')[1]
        ?.split('\n')
        .filter((line) => /^ {2}(?!#)/.test(line)) ?? [];
    expect(commands.length).toBeGreaterThan(3);
    const tried = spawnSync('bash', ['-e', '-c', commands.join('\n')], { encoding: 'utf8', env: cloneEnvironment(clone) });
    expect(tried.status, tried.stdout + tried.stderr).toBe(0);
    expect(tried.stdout).toContain('PARTIAL');
  });
});

async function headerOf(path: string) {
  const bytes = readFileSync(path);
  return readSafetensorsHeader(async (offset, length) => bytes.subarray(offset, offset + length), bytes.byteLength);
}
