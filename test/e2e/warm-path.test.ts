import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { PROJECT, placeWith } from '../support/wan-command.ts';

/** The files that a process loaded, as its coverage report names them. */
async function loadedFiles(coverage: string): Promise<string[]> {
  const [report = ''] = await readdir(coverage);
  const { result }: { result: readonly { readonly url: string }[] } = JSON.parse(await readFile(join(coverage, report), 'utf8'));
  return result.flatMap(({ url }) => (url.startsWith('file:') ? fileURLToPath(url) : isAbsolute(url) ? url : []));
}

/** To find, open and compile one file more takes half a millisecond; a bare start of Node takes twenty. */
const COMMAND = [join(PROJECT, 'bin', 'wan.js'), join(PROJECT, 'dist', 'cli.cjs')];

it('an ensure with nothing to do loads the script of the command, and no other file', async () => {
  const place = await placeWith({ 'small@1.0.0': { files: { 'weights.bin': 'weights' } } });
  expect((await place.wan(['models', 'ensure', 'small'])).status).toBe(0);

  const coverage = join(place.directory, 'coverage');
  const warm = await place.wan(['models', 'ensure', 'small'], { env: { NODE_V8_COVERAGE: coverage } });
  expect(warm.status, warm.stderr).toBe(0);

  expect(await loadedFiles(coverage)).toEqual(COMMAND);
});

it('a lockfile costs an ensure with nothing to do no library either', async () => {
  const place = await placeWith({ 'small@1.0.0': { files: { 'weights.bin': 'weights' } } });
  expect((await place.wan(['models', 'lock', '--offline'])).status).toBe(0);
  expect((await place.wan(['models', 'ensure', 'small', '--frozen'])).status).toBe(0);

  const coverage = join(place.directory, 'coverage');
  const warm = await place.wan(['models', 'ensure', 'small', '--frozen'], { env: { NODE_V8_COVERAGE: coverage } });
  expect(warm.status, warm.stderr).toBe(0);
  expect(await loadedFiles(coverage)).toEqual(COMMAND);
});

it('what V8 made of a verb is kept for its next run, under a name that changes with the bundle', async () => {
  const place = await placeWith({ 'small@1.0.0': { files: { 'weights.bin': 'weights' } } });
  const cache = join(place.directory, 'cache');
  const kept = async () => (await readdir(cache, { recursive: true })).filter((name) => name.includes('wan-models-'));
  const run = (words: readonly string[]) => place.wan(words, { env: { NODE_COMPILE_CACHE: cache } });
  const [firstLine = ''] = (await readFile(join(PROJECT, 'dist', 'cli.cjs'), 'latin1')).split('\n');

  expect((await run(['models', 'ensure', 'nowhere'])).status).toBe(3);
  expect(await kept()).toEqual([]);
  expect((await run(['models', 'ensure', 'small'])).status).toBe(0);
  const [name = ''] = await kept();
  expect(name).toMatch(new RegExp(`/wan-models-${firstLine.slice(3)}-models-ensure$`));

  for (const bad of ['', 'not what V8 wrote']) {
    await writeFile(join(cache, name), bad);
    expect((await run(['models', 'ensure', 'small'])).status).toBe(0);
    expect((await readFile(join(cache, name))).length).toBeGreaterThan(10_000);
  }
});

it('a library that only some runs load is loaded without a word from Node', async () => {
  const place = await placeWith({ 'small@1.0.0': { files: { 'weights.bin': 'weights' } } });
  await writeFile(join(place.directory, 'wan.toml'), 'connections = 2\n');
  const { status, stderr } = await place.wan(['models', 'list']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

/** Each takes milliseconds to load; none of them is in the heap that Node starts with. */
const SLOW_BUILTINS = [
  'crypto',
  'zlib',
  'stream',
  'net',
  'tty',
  'fs/promises',
  'timers/promises',
  'perf_hooks',
  'worker_threads',
  'internal/fs/promises',
];

it('an ensure with nothing to do needs no built-in module that is slow to load', async () => {
  const place = await placeWith({ 'small@1.0.0': { files: { 'weights.bin': 'weights' } } });
  expect((await place.wan(['models', 'ensure', 'small'])).status).toBe(0);

  const hook = join(place.directory, 'list-modules.cjs');
  const list = join(place.directory, 'modules.json');
  await writeFile(
    hook,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(process.moduleLoadList)))`,
  );
  const bare = await modulesOf(process.execPath, ['--require', hook, '--eval', '0'], list);
  const warm = await place.wan(['models', 'ensure', 'small'], { env: { NODE_OPTIONS: `--require ${hook}` } });
  expect(warm.status, warm.stderr).toBe(0);

  const loaded = new Set<string>(JSON.parse(await readFile(list, 'utf8')));
  expect(loaded.has('NativeModule os')).toBe(true);
  const added = SLOW_BUILTINS.map((name) => `NativeModule ${name}`).filter((name) => loaded.has(name) && !bare.has(name));
  expect(added).toEqual([]);
});

async function modulesOf(program: string, args: readonly string[], list: string): Promise<ReadonlySet<string>> {
  await promisify(execFile)(program, args);
  return new Set<string>(JSON.parse(await readFile(list, 'utf8')));
}
