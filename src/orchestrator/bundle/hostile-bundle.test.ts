/** Bundles that somebody made to do harm, or that came broken: refused with a code, and nothing is touched. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../test/servers/http/fault-server.ts';
import { MODEL, modelFixture } from '../../../test/support/model-fixture.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { inspectBundle } from '../../compose.ts';
import { tarHeader } from '../../formats/tar.ts';
import type { ApplyBundleOptions } from '../api.ts';

async function madeHere() {
  const fixture = await modelFixture({ files: { 'model_index.json': '{}', 'a.bin': seeded(5000, 1), 'b.bin': seeded(3001, 2) } });
  const [bundle, parts] = [join(fixture.directory, 'x.wanb'), join(fixture.directory, 'parts')];
  await using here = await fixture.orchestrator();
  await here.ensure(MODEL);
  await here.createBundle([MODEL], { out: bundle });
  await here.createBundle([MODEL], { out: parts, partBytes: 3000 });
  const root = join(fixture.directory, 'far');
  const apply = async (path: string, options?: ApplyBundleOptions) => {
    await using far = await fixture.orchestrator({ env: { MODELS_ROOT: root } });
    return await far.applyBundle(path, options);
  };
  return { bundle, parts, world: { root, apply } };
}

describe('a hostile bundle', () => {
  interface Wire {
    models: { ref: string; family: string; files: { path: string; size: number; sha256: string }[] }[];
    blobs: { sha256: string; size: number }[];
    manifest: string;
    [key: string]: unknown;
  }

  /** A bundle with another index, its frame and its bytes as that asks for. */
  function forged(bundle: string, change: (index: Wire) => unknown): Buffer {
    const bytes = readFileSync(bundle);
    const size = Number.parseInt(bytes.subarray(124, 135).toString(), 8);
    const index = JSON.parse(bytes.subarray(512, 512 + size).toString()) as Wire;
    change(index);
    const text = Buffer.from(`${JSON.stringify(index, null, 1)}\n`);
    const padded = (content: Buffer) => Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
    const rest = bytes.subarray(512 + Math.ceil(size / 512) * 512);
    return Buffer.concat([tarHeader({ path: 'wan-bundle.json', sizeBytes: text.length }), padded(text), rest]);
  }

  const first = (index: Wire) => index.models[0]?.files[0] as Wire['models'][0]['files'][0];

  it.each<[string, string, string | undefined, (index: Wire) => unknown]>([
    ['a path that climbs', 'PATH_UNSAFE', 'path_traversal', (index) => Object.assign(first(index), { path: '../../escaped' })],
    ['an absolute path', 'PATH_UNSAFE', 'path_absolute', (index) => Object.assign(first(index), { path: '/tmp/escaped' })],
    ['a path with a NUL', 'PATH_UNSAFE', 'path_nul', (index) => Object.assign(first(index), { path: 'a\0b' })],
    [
      'the name of the store’s own record',
      'PATH_UNSAFE',
      'path_reserved',
      (index) => Object.assign(first(index), { path: '.verified.json' }),
    ],
    ['a family that climbs', 'FORMAT_INVALID', 'index_names', (index) => Object.assign(index.models[0] ?? {}, { family: '..' })],
    ['a reference that is none', 'INVALID_MODEL_ID', undefined, (index) => Object.assign(index.models[0] ?? {}, { ref: '../x@1.0.0' })],
    ['a digest that climbs', 'FORMAT_INVALID', 'index_shape', (index) => Object.assign(first(index), { sha256: '../../../../etc/passwd' })],
    ['a size that lies', 'FORMAT_INVALID', 'index_sizes', (index) => Object.assign(first(index), { size: first(index).size + 1 })],
    [
      'absurd sizes',
      'FORMAT_INVALID',
      'index_sizes',
      (index) => index.blobs.map((blob) => Object.assign(blob, { size: Number.MAX_SAFE_INTEGER })),
    ],
    ['a negative size', 'FORMAT_INVALID', 'index_shape', (index) => Object.assign(index.blobs[0] ?? {}, { size: -1 })],
    ['a blob twice', 'FORMAT_INVALID', 'index_order', (index) => void index.blobs.push(index.blobs[0] as Wire['blobs'][0])],
    ['a blob that nobody has', 'FORMAT_INVALID', 'index_unused', (index) => void index.blobs.push({ sha256: 'f'.repeat(64), size: 0 })],
    [
      'a file twice',
      'FORMAT_INVALID',
      'index_names',
      (index) => void index.models[0]?.files.push({ ...first(index), path: first(index).path.toUpperCase() }),
    ],
    ['a key that nobody knows', 'FORMAT_INVALID', 'index_shape', (index) => Object.assign(index, { run: 'rm -rf /' })],
    ['the schema of registries without one', 'FORMAT_INVALID', 'index_shape', (index) => Object.assign(index, { schema: 'wan.bundle/v2' })],
    ['another schema', 'SCHEMA_VERSION_MISMATCH', undefined, (index) => Object.assign(index, { schema: 'wan.bundle/v3', more: 1 })],
    ['no models', 'FORMAT_INVALID', 'index_shape', (index) => Object.assign(index, { models: [] })],
  ])('with %s is refused, and nothing is touched', async (_, code, reason, change) => {
    const { bundle, world } = await madeHere();
    const bad = join(await tempDir(), 'bad.wanb');
    writeFileSync(bad, forged(bundle, change));
    const failure = { code, ...(reason !== undefined && { reason }) };
    await expect(world.apply(bad)).rejects.toMatchObject(failure);
    await expect(inspectBundle(bad)).rejects.toMatchObject(failure);
    expect(existsSync(world.root)).toBe(false);
  });

  it('whose manifest is not valid changes no manifest', async () => {
    const { bundle, world } = await madeHere();
    const bad = join(await tempDir(), 'bad.wanb');
    writeFileSync(
      bad,
      forged(bundle, (index) => Object.assign(index, { manifest: index.manifest.replace('a.bin', '../a.bin') })),
    );
    const out = join(await tempDir(), 'models.toml');
    await expect(world.apply(bad, { manifestOut: out })).rejects.toMatchObject({ code: 'FORMAT_INVALID', reason: 'manifest_invalid' });
    expect([existsSync(out), existsSync(world.root)]).toEqual([false, false]);
  });

  it.each<[string, string, (path: string) => unknown]>([
    ['is cut', 'truncated', (path) => truncateSync(path, statSync(path).size - 600)],
    ['is cut in its index', 'truncated', (path) => truncateSync(path, 700)],
    ['is empty', 'not_a_bundle', (path) => truncateSync(path, 0)],
    ['goes on after its end', 'trailing_bytes', (path) => appendFileSync(path, Buffer.alloc(512))],
    [
      'has another header',
      'frame',
      (path) => edit(path, (bytes) => bytes.write('blobs/sha256/../../../../x', bytes.indexOf('blobs/sha256/'), 'latin1')),
    ],
    ['has a link for a header', 'frame', (path) => edit(path, (bytes) => bytes.write('2', bytes.indexOf('blobs/sha256/') + 156, 'latin1'))],
    ['has something behind a file', 'frame', (path) => edit(path, (bytes) => bytes.fill(1, bytes.length - 1025, bytes.length - 1024))],
    ['claims an index of 8 GiB', 'not_a_bundle', (path) => edit(path, (bytes) => bytes.write('77777777777', 124, 'latin1'))],
    ['is some other tar', 'not_a_bundle', (path) => execFileSync('tar', ['cf', path, '-C', '/etc', 'hostname'])],
  ])('that %s is no whole bundle', async (_, reason, change) => {
    const { bundle, world } = await madeHere();
    const bad = join(await tempDir(), 'bad.wanb');
    cpSync(bundle, bad);
    change(bad);
    await expect(world.apply(bad)).rejects.toMatchObject({ code: 'FORMAT_INVALID', exitCode: 5, reason });
    expect(existsSync(world.root)).toBe(false);
  });

  it.each<[string, string, (folder: string) => unknown]>([
    ['a part that is missing', 'part_missing', (folder) => rmSync(join(folder, 'wan-bundle.tar.00003'))],
    ['a part that is short', 'part_size', (folder) => truncateSync(join(folder, 'wan-bundle.tar.00003'), 5)],
    ['no list of parts', 'part_missing', (folder) => rmSync(join(folder, 'wan-bundle-parts.json'))],
    ['a list that is none', 'parts_shape', (folder) => writeFileSync(join(folder, 'wan-bundle-parts.json'), '[]')],
    [
      'the list of another bundle',
      'index_checksum',
      (folder) => edit(join(folder, 'wan-bundle-parts.json'), (bytes) => bytes.write('0'.repeat(64), bytes.indexOf('index_sha256') + 16)),
    ],
  ])('in parts with %s is no whole bundle', async (_, reason, change) => {
    const { parts, world } = await madeHere();
    const bad = join(await tempDir(), 'bad');
    cpSync(parts, bad, { recursive: true });
    change(bad);
    await expect(world.apply(bad)).rejects.toMatchObject({ code: 'FORMAT_INVALID', reason });
  });

  it('with a link for a part is not followed', async () => {
    const { parts, world } = await madeHere();
    const bad = join(await tempDir(), 'bad');
    cpSync(parts, bad, { recursive: true });
    const part = join(bad, 'wan-bundle.tar.00002');
    rmSync(part);
    symlinkSync(join(parts, 'wan-bundle.tar.00002'), part);
    await expect(world.apply(bad)).rejects.toMatchObject({ code: 'PATH_UNSAFE', reason: 'link_in_bundle' });
  });

  it.each<[string, string]>([
    ['brackets', '['],
    ['empty objects', '{},'],
    ['numbers', '1,'],
    ['blobs that are none', '{ "sha256": "0000000000000000000000000000000000000000", "size": -1 },'],
  ])('with an index as large as one may be, all %s, costs bounded memory', async (_, unit) => {
    const bad = join(await tempDir(), 'bad.wanb');
    const start = '{ "schema": "wan.bundle/v1", "blobs": [';
    const text = Buffer.from(start + unit.repeat((16 * 2 ** 20 - start.length - 10) / unit.length) + (unit === '[' ? '' : '0]}'));
    writeFileSync(bad, Buffer.concat([tarHeader({ path: 'wan-bundle.json', sizeBytes: text.length }), text, Buffer.alloc(1024)]));
    const script = `import('./src/compose.ts').then(({ inspectBundle }) => inspectBundle(process.argv[1])).catch(({ code, reason }) =>
      console.log(code, reason, process.resourceUsage().maxRSS))`;
    const [code, reason, peakKib] = execFileSync(process.execPath, ['-e', script, bad], { encoding: 'utf8' }).trim().split(' ');
    expect([code, reason]).toEqual(['FORMAT_INVALID', 'index_shape']);
    expect(Number(peakKib)).toBeLessThan(400 * 1024);
  });

  function edit(path: string, change: (bytes: Buffer) => unknown): void {
    const bytes = readFileSync(path);
    change(bytes);
    writeFileSync(path, bytes);
  }
});
