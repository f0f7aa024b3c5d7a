import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { ownerOfComponent, ownersOfModel } from './lock-owners.ts';
import { requestDigest } from './lock-view.ts';
import { type LockEntryBody, lockfileText, sealEntry } from './lockfile.ts';
import { ModelRegistry } from './model-registry.ts';
import { validateManifest } from './validate-manifest.ts';

const A = '691a47e123c3dd41f134836fd9a00e744110c6a812a11b3d95ca70e9485ffe11';
const B = 'f0d2171c391bb73944c3ff3b279b09c599b20bbba62bb45ac3e56282b840a9a6';
const COMMIT = 'c8c270b13ee05bfa474194ac9fb07a5868a97cea';

const OPEN = { sources: { priority: ['local://mirror', 'hf://org/name'] } };
const OPEN_TOML = `schema_version = 1
[models."open@1.0.0"]
sources = { priority = ["local://mirror", "hf://org/name"] }
`;
const [OPEN_OWNER] = ownersOfModel('open@1.0.0', OPEN);
if (OPEN_OWNER === undefined) throw new Error('an open model has an entry');

const OPEN_ENTRY: LockEntryBody = {
  request: requestDigest(OPEN_OWNER),
  locked_at: '2026-11-27T12:00:00Z',
  source: 'hf://org/name',
  resolved: `hf://org/name@${COMMIT}`,
  revision: COMMIT,
  files: [
    { path: 'config.json', size: 12, by: 'upstream', git_oid: COMMIT },
    { path: 'weights.safetensors', size: 4096, sha256: A, by: 'upstream' },
  ],
};

interface Written {
  readonly models?: Readonly<Record<string, LockEntryBody>>;
  readonly components?: Readonly<Record<string, LockEntryBody>>;
}

const sealed = (entries: Readonly<Record<string, LockEntryBody>> = {}) =>
  new Map(Object.entries(entries).map(([id, body]) => [id, sealEntry(body)]));
const lockText = ({ models, components }: Written) => lockfileText({ models: sealed(models), components: sealed(components) });

async function place(manifest: string, lock?: string) {
  const folder = await tempDir();
  const options = { manifestPath: join(folder, 'models.toml'), cacheDir: join(folder, 'cache') };
  await writeFile(options.manifestPath, manifest);
  const lockPath = join(folder, 'models.lock');
  if (lock !== undefined) await writeFile(lockPath, lock);
  return { options, lockPath };
}

const load = async (manifest: string, lock?: string) => ModelRegistry.load((await place(manifest, lock)).options);

describe('a model whose list is open', () => {
  it('has no files without a lockfile, and says so', async () => {
    const spec = (await load(OPEN_TOML)).spec('open');
    expect(spec).toMatchObject({ files: [], filesOpen: true, lock: [{ id: 'open@1.0.0', state: 'missing' }] });
  });

  it('has the files of the lockfile, at the revision that was pinned', async () => {
    const registry = await load(OPEN_TOML, lockText({ models: { 'open@1.0.0': OPEN_ENTRY } }));
    const spec = registry.spec('open');
    expect(spec.filesOpen).toBeUndefined();
    expect(spec.sources).toEqual(['local://mirror', `hf://org/name@${COMMIT}`]);
    expect(spec.files).toMatchObject([
      { path: 'config.json', sizeBytes: 12, proof: 'size-only' },
      {
        path: 'weights.safetensors',
        sha256: A,
        proof: 'lock-sha256',
        pin: { lockedAt: '2026-11-27T12:00:00Z', source: 'hf://org/name', revision: COMMIT },
      },
    ]);
    expect(spec.lock).toEqual([{ id: 'open@1.0.0', state: 'locked', lockedAt: '2026-11-27T12:00:00Z' }]);
    expect(registry.listModels()).toMatchObject([{ fileCount: 2, totalBytes: 4108 }]);
  });

  it('is open again where the manifest asks for something else', async () => {
    const spec = (
      await load(OPEN_TOML.replace('local://mirror', 'local://other'), lockText({ models: { 'open@1.0.0': OPEN_ENTRY } }))
    ).spec('open');
    expect(spec).toMatchObject({ files: [], filesOpen: true, lock: [{ state: 'stale' }] });
  });

  it('is not moved by what decides no byte', async () => {
    const manifest = `# a comment\n${OPEN_TOML}description = "Another"\n`;
    expect((await load(manifest, lockText({ models: { 'open@1.0.0': OPEN_ENTRY } }))).spec('open').lock[0]?.state).toBe('locked');
  });

  it('believes no entry that was edited', async () => {
    const edited = lockText({ models: { 'open@1.0.0': OPEN_ENTRY } }).replace('size = 4096', 'size = 4097');
    expect((await load(OPEN_TOML, edited)).spec('open')).toMatchObject({ files: [], filesOpen: true, lock: [{ state: 'edited' }] });
  });
});

describe('a model with a list', () => {
  const manifest = `schema_version = 1
[models."listed@1.0.0"]
sources = { priority = ["hf://org/name"] }
files = [{ path = "a", size = 1 }, { path = "b", size = 2, sha256 = "${B}" }]
mounts = { text = "text@1.0.0" }
[components."text@1.0.0"]
sources = { priority = ["hf://org/text"] }
[models."listed@1.0.0".overlays.fast]
sources = { priority = ["hf://org/fast"] }
`;
  const files = [
    { path: 'a', size: 1 },
    { path: 'b', size: 2, sha256: B },
  ];
  const sources = { priority: ['hf://org/name'] };
  const owners = ownersOfModel('listed@1.0.0', { files, sources, overlays: { fast: { sources: { priority: ['hf://org/fast'] } } } });
  const component = ownerOfComponent('text@1.0.0', { sources: { priority: ['hf://org/text'] } });
  const entry = (id: string, locked: LockEntryBody['files']): LockEntryBody => {
    const owner = [...owners, ...component].find((one) => one.id === id);
    if (owner === undefined) throw new Error(`${id} has no entry`);
    return { request: requestDigest(owner), locked_at: '2026-11-27T12:00:00Z', files: locked };
  };
  const lock = lockText({
    models: {
      'listed@1.0.0': entry('listed@1.0.0', [
        { path: 'a', size: 1, sha256: A, by: 'bytes' },
        { path: 'b', size: 2, sha256: A, by: 'manifest' },
      ]),
      'listed@1.0.0@+fast': entry('listed@1.0.0@+fast', [{ path: 'fast.safetensors', size: 5, sha256: B, by: 'upstream' }]),
    },
    components: { 'text@1.0.0': entry('text@1.0.0', [{ path: 'text.bin', size: 3, sha256: A, by: 'upstream' }]) },
  });

  it('gets the digests that it lacks, and keeps those that it has', async () => {
    const spec = (await load(manifest, lock)).spec('listed');
    expect(spec.files).toMatchObject([
      { path: 'a', sha256: A, proof: 'lock-sha256' },
      { path: 'b', sha256: B, proof: 'manifest-sha256' },
      { path: 'text/text.bin', sha256: A, proof: 'lock-sha256', mountedFrom: 'text@1.0.0', component: 'text' },
    ]);
    expect(spec.lock.map(({ id, state }) => [id, state])).toEqual([
      ['listed@1.0.0', 'locked'],
      ['text@1.0.0', 'locked'],
    ]);
  });

  it('gets the open list of an overlay that is asked for', async () => {
    const spec = (await load(manifest, lock)).spec('listed@1.0.0@+fast');
    expect(spec.files.at(-2)).toMatchObject({ path: 'fast.safetensors', origins: [{ source: 'hf://org/fast' }] });
    expect(spec.lock.map(({ id }) => id)).toContain('listed@1.0.0@+fast');
  });

  it('keeps the pins of files that did not change where the entry is stale', async () => {
    const more = manifest.replace('{ path = "a", size = 1 }', '{ path = "a", size = 1 }, { path = "c", size = 7 }');
    const spec = (await load(more, lock)).spec('listed');
    expect(spec.lock[0]?.state).toBe('stale');
    expect(spec.files.slice(0, 2)).toMatchObject([
      { path: 'a', sha256: A },
      { path: 'c', proof: 'size-only' },
    ]);
    const other = (await load(manifest.replace('"a", size = 1', '"a", size = 9'), lock)).spec('listed');
    expect(other.files[0]).toMatchObject({ sizeBytes: 9, proof: 'size-only' });
  });
});

describe('the cache of compiled manifests', () => {
  it('is used only for the lockfile that it was made with', async () => {
    const { options, lockPath } = await place(OPEN_TOML, lockText({ models: { 'open@1.0.0': OPEN_ENTRY } }));
    await ModelRegistry.load({ ...options, writeCache: true });
    expect((await ModelRegistry.load(options)).spec('open').files).toHaveLength(2);
    const other = { ...OPEN_ENTRY, files: OPEN_ENTRY.files.slice(0, 1) };
    await writeFile(lockPath, lockText({ models: { 'open@1.0.0': other } }));
    expect((await ModelRegistry.load(options)).spec('open').files).toHaveLength(1);
  });

  it('keeps nothing where the lockfile changed after it was read', async () => {
    const { options, lockPath } = await place(OPEN_TOML, lockText({ models: { 'open@1.0.0': OPEN_ENTRY } }));
    const registry = await ModelRegistry.load(options);
    await writeFile(lockPath, lockText({}));
    await registry.save(options.cacheDir);
    await expect(readdir(options.cacheDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

it('validation finds what is wrong with the lockfile beside the manifest', async () => {
  const validate = async (lock: string) => validateManifest((await place(OPEN_TOML, lock)).options.manifestPath);
  const good = lockText({ models: { 'open@1.0.0': OPEN_ENTRY } });
  expect(await validate(good)).toEqual([]);
  expect(await validate(good.replace('size = 12', 'size = 13'))).toMatchObject([
    { file: expect.stringMatching(/models\.lock$/), line: 5, code: 'edited_by_hand' },
  ]);
  expect(await validate(`${good}=======\n<<<<<<< a\n`)).toMatchObject([{ code: 'merge_conflict' }, { code: 'merge_conflict' }]);
});

it('a lockfile that cannot be read is refused with its line', async () => {
  await expect(load(OPEN_TOML, 'lockfile_version = 1\n<<<<<<< ours\n')).rejects.toMatchObject({
    code: 'LOCKFILE_STALE',
    reason: 'merge_conflict',
    details: { problems: [{ line: 2, column: 1 }] },
  });
});
