import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bigManifest } from '../../test/support/big-manifest.ts';

const runNode = promisify(execFile);
const MB = 2 ** 20;

interface Outcome {
  /** Of each load and listModels. */
  readonly loadMs: readonly number[];
  readonly modelCount: number;
  readonly problems: readonly { readonly code: string }[];
  readonly residentBytes: number;
}

/** In a process of its own: memory and modules start from nothing. */
async function measure(options: object, loads = 1): Promise<Outcome> {
  const script = `
    import { ModelRegistry } from ${JSON.stringify(new URL('model-registry.ts', import.meta.url).href)};
    const loadMs = [];
    let modelCount = 0, problems = [];
    for (let index = 0; index < ${loads}; index++) {
      const started = performance.now();
      try { modelCount = (await ModelRegistry.load(${JSON.stringify(options)})).listModels().length; }
      catch (error) { if (error.name !== 'ModelError') throw error; problems = error.details.problems; }
      loadMs.push(performance.now() - started);
    }
    process.stdout.write(JSON.stringify({ loadMs, modelCount, problems, residentBytes: process.resourceUsage().maxRSS * 1024 }));
  `;
  const { stdout } = await runNode(process.execPath, ['--input-type=module', '--eval', script], { maxBuffer: 64 * MB });
  return JSON.parse(stdout) as Outcome;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wan-registry-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

describe('a manifest of 10,000 models and 200,000 files', () => {
  const options = () => ({ manifestPath: join(folder, 'models.toml'), cacheDir: join(folder, 'cache') });
  beforeAll(() => writeFile(options().manifestPath, bigManifest(10_000)));

  it('loads in bounded time and memory', async () => {
    const { loadMs, modelCount, residentBytes } = await measure({ ...options(), writeCache: true });
    expect(modelCount).toBe(10_000);
    expect(loadMs[0]).toBeLessThan(30_000);
    expect(residentBytes).toBeLessThan(1200 * MB);
  });

  it('is listed from the cache in under 300 ms', async () => {
    const { loadMs, modelCount, residentBytes } = await measure(options(), 7);
    expect(modelCount).toBe(10_000);
    expect(median(loadMs)).toBeLessThan(300);
    expect(residentBytes).toBeLessThan(500 * MB);
  });
});

const model = (id: string, rest = '') => `[models."${id}"]\nsources = { priority = ["hf://o/r"] }\n${rest}`;
const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

const HOSTILE: Readonly<Record<string, () => string>> = {
  'values in one list': () => `a = [${lines(29, () => '1,'.repeat(100_000))}]`,
  'tables in one list': () => `a = [${'{},{},\n'.repeat(1_900_000)}]`,
  'top-level keys': () => lines(1_400_000, (index) => `k${index} = 1`),
  'top-level tables': () => lines(1_900_000, (index) => `[t${index}]`),
  'parts in one key': () => lines(60, (index) => `k${index}.${'a.'.repeat(40_000)}b = 1`),
  'digits in one number': () => lines(60, (index) => `k${index} = ${'9'.repeat(MB - 20)}`),
  'escapes in one text': () => lines(60, (index) => `k${index} = "${'\\n'.repeat(500_000)}"`),
  'models with wrong ids': () => `schema_version = 1\n${lines(300_000, (index) => `[models."m${index}"]\nvariant = 3`)}`,
  'folders for every file': () =>
    `schema_version = 1\n${model('m@1.0.0', `files = [\n${lines(250_000, (index) => `{ path = "${'x/'.repeat(20)}${index}/y", size = 1 },`)}\n]`)}`,
  'mounts of nothing': () =>
    `schema_version = 1\n${lines(10_000, (index) => `[components."part-number-${index}@1.0.0"]`)}\n${lines(10_000, (index) => model(`m${index}@1.0.0`, `mounts = { x = "prat-nubmer-${index}@1.0.1" }`))}`,
  'mounts of one large component': () =>
    `schema_version = 1\n[components."c@1.0.0"]\nfiles = [\n${lines(2000, (index) => `{ path = "f${index}", size = 1 },`)}\n]\n${lines(10_000, (index) => model(`m${index}@1.0.0`, 'mounts = { x = "c@1.0.0" }'))}`,
};

describe('a manifest made to exhaust the machine', () => {
  it.each(Object.keys(HOSTILE))('with ever more %s is refused in bounded time and memory', async (name) => {
    const manifestPath = join(folder, 'hostile.toml');
    await writeFile(manifestPath, HOSTILE[name]?.() ?? '');
    const { loadMs, problems, residentBytes } = await measure({ manifestPath });
    expect(problems.length).toBeGreaterThan(0);
    expect(loadMs[0]).toBeLessThan(60_000);
    expect(residentBytes).toBeLessThan(2000 * MB);
  });
});
