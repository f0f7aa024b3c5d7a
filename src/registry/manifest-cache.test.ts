import { execFile } from 'node:child_process';
import { chmod, chown, lstat, readdir, readFile, rename, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bigManifest } from '../../test/support/big-manifest.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { fingerprint } from '../util/fingerprint.ts';
import { ModelRegistry } from './model-registry.ts';

const setUp = async (text = bigManifest(3)) => {
  const folder = await tempDir();
  const options = { manifestPath: join(folder, 'models.toml'), cacheDir: join(folder, 'cache') };
  await writeFile(options.manifestPath, text);
  const registry = await ModelRegistry.load({ ...options, writeCache: true });
  const [name = ''] = await readdir(options.cacheDir);
  return { options, registry, entry: join(options.cacheDir, name) };
};

const runNode = promisify(execFile);

/** Names of the packages that a process imports while it loads the manifest and makes a spec. */
async function packagesImported(options: object): Promise<string[]> {
  const script = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({ resolve(name, context, next) { if (/^[a-z]/.test(name) && !name.startsWith('node:')) seen.add(name); return next(name, context); } });
    const { ModelRegistry } = await import(${JSON.stringify(new URL('model-registry.ts', import.meta.url).href)});
    const registry = await ModelRegistry.load(${JSON.stringify(options)});
    registry.spec(registry.listModels()[0].modelId);
    process.stdout.write(JSON.stringify([...seen].filter((name) => !name.startsWith('file:')).sort()));
  `;
  const { stdout } = await runNode(process.execPath, ['--input-type=module', '--eval', script]);
  return JSON.parse(stdout) as string[];
}

/** Another content, of the same length, under a right checksum: a load that shows it has read the cache. */
async function forge(entry: string): Promise<void> {
  const [line = '', ...rest] = (await readFile(entry, 'utf8')).split('\n');
  const header = JSON.parse(line) as { headBytes: number; bodyBytes: number };
  const contentLength = header.headBytes + header.bodyBytes;
  const content = rest.join('\n').slice(0, contentLength).replaceAll('Model number', 'False number');
  const source = rest.join('\n').slice(contentLength);
  await writeFile(entry, `${JSON.stringify({ ...header, check: fingerprint(Buffer.from(content)) })}\n${content}${source}`);
}

const firstDescription = async (options: { manifestPath: string; cacheDir: string }) =>
  (await ModelRegistry.load(options)).listModels()[0]?.description;

describe('the manifest cache', () => {
  it('gives the same models and specs as the manifest', async () => {
    const { options, registry } = await setUp();
    const cached = await ModelRegistry.load(options);
    expect(cached.listModels()).toEqual(registry.listModels());
    expect(cached.spec('model-2', 'bf16')).toEqual(registry.spec('model-2', 'bf16'));
    expect(cached.digest).toBe(registry.digest);
  });

  it('spares the process the parser and the schema library', async () => {
    const { options } = await setUp();
    expect(await packagesImported({ manifestPath: options.manifestPath })).toEqual(['smol-toml', 'zod']);
    expect(await packagesImported(options)).toEqual([]);
  });

  it('is really read: what it holds is what is shown', async () => {
    const { options, entry } = await setUp();
    await forge(entry);
    expect(await firstDescription(options)).toBe('False number 0');
  });

  it('is written only when asked', async () => {
    const folder = await tempDir();
    const options = { manifestPath: join(folder, 'models.toml'), cacheDir: join(folder, 'cache') };
    await writeFile(options.manifestPath, bigManifest(1));
    await ModelRegistry.load(options);
    expect(await readdir(folder)).toEqual(['models.toml']);
  });

  it('is not used for a manifest that has changed', async () => {
    const { options } = await setUp();
    await writeFile(options.manifestPath, bigManifest(3).replace('Model number 0', 'Another'));
    expect((await ModelRegistry.load(options)).listModels()[0]?.description).toBe('Another');
  });

  it('is not used for other bytes that share its name', async () => {
    const { options, entry } = await setUp();
    const bytes = await readFile(entry);
    // As two manifests of one fingerprint would: the entry is found, and holds another source.
    bytes[bytes.length - 10] = (bytes.at(-10) ?? 0) ^ 1;
    await forge(entry);
    expect(await firstDescription(options)).toBe('False number 0');
    await writeFile(entry, bytes);
    expect(await firstDescription(options)).toBe('Model number 0');
  });

  it('is ignored whenever a single byte of it is wrong, or missing', async () => {
    const { options, entry, registry } = await setUp(bigManifest(1));
    const good = await readFile(entry);
    for (let at = 0; at < good.length; at += 37) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      await writeFile(entry, bad);
      expect((await ModelRegistry.load(options)).listModels()).toEqual(registry.listModels());
    }
    for (const length of [0, 1, 50, 200, good.length - 1]) {
      await writeFile(entry, good);
      await truncate(entry, length);
      expect((await ModelRegistry.load(options)).listModels()).toEqual(registry.listModels());
    }
    await writeFile(entry, Buffer.concat([good, Buffer.from('x')]));
    expect((await ModelRegistry.load(options)).listModels()).toEqual(registry.listModels());
  });

  it.skipIf(process.platform === 'win32')('is ignored when others can write it, or when it is a link', async () => {
    const { options, entry } = await setUp();
    await forge(entry);
    await chmod(entry, 0o666);
    expect(await firstDescription(options)).toBe('Model number 0');
    await chmod(entry, 0o600);
    await rename(entry, `${entry}.moved`);
    await symlink(`${entry}.moved`, entry);
    expect(await firstDescription(options)).toBe('Model number 0');
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() !== 0)("is ignored when it is another user's", async () => {
    const { options, entry } = await setUp();
    await forge(entry);
    await chown(entry, 12_345, 12_345);
    expect(await firstDescription(options)).toBe('Model number 0');
  });

  it('does without a folder that cannot be made or written', async () => {
    const { options } = await setUp();
    const registry = await ModelRegistry.load({ ...options, cacheDir: join(options.manifestPath, 'below-a-file'), writeCache: true });
    expect(registry.listModels()).toHaveLength(3);
  });

  it('keeps the newest four entries, and clears what dead writers left', async () => {
    const { options } = await setUp();
    const stale = join(options.cacheDir, '.aaaaaaaaaaaaaaaa.0-0.tmp');
    const fresh = join(options.cacheDir, '.bbbbbbbbbbbbbbbb.0-0.tmp');
    const foreign = join(options.cacheDir, 'notes.txt');
    for (const path of [stale, fresh, foreign]) await writeFile(path, '');
    await utimes(stale, 1, 1);
    await utimes(foreign, 1, 1);
    for (let models = 4; models < 9; models++) {
      await writeFile(options.manifestPath, bigManifest(models));
      await ModelRegistry.load({ ...options, writeCache: true });
    }
    const names = await readdir(options.cacheDir);
    expect(names.filter((name) => name.endsWith('.json'))).toHaveLength(4);
    expect(names.filter((name) => !name.endsWith('.json')).sort()).toEqual(['.bbbbbbbbbbbbbbbb.0-0.tmp', 'notes.txt']);
    await forge(join(options.cacheDir, `${fingerprint(Buffer.from(bigManifest(8)))}.json`));
    expect(await firstDescription(options)).toBe('False number 0');
  });

  it.skipIf(process.platform === 'win32')('belongs to its user alone', async () => {
    const { entry, options } = await setUp();
    expect((await lstat(entry)).mode & 0o777).toBe(0o600);
    expect((await lstat(options.cacheDir)).mode & 0o077).toBe(0);
  });

  it('may be written by many at once', async () => {
    const { options } = await setUp();
    await Promise.all(Array.from({ length: 20 }, () => ModelRegistry.load({ ...options, writeCache: true })));
    expect((await readdir(options.cacheDir)).filter((name) => !name.endsWith('.json'))).toEqual([]);
  });
});

it('does not keep a manifest with signed URLs', async () => {
  const signed = bigManifest(1).replace('size = ', 'url = "https://cdn.example/f?X-Amz-Signature=abc"\nsize = ');
  const { options } = await setUpUnkept(signed);
  await expect(readdir(options.cacheDir)).rejects.toMatchObject({ code: 'ENOENT' });
});

async function setUpUnkept(text: string) {
  const folder = await tempDir();
  const options = { manifestPath: join(folder, 'models.toml'), cacheDir: join(folder, 'cache') };
  await writeFile(options.manifestPath, text);
  await ModelRegistry.load({ ...options, writeCache: true });
  return { options };
}
