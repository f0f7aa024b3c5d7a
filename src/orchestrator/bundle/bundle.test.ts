/** Bundles from one root to another, by the library. */
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../test/servers/http/fault-server.ts';
import { MODEL, type ModelWorld, modelFixture } from '../../../test/support/model-fixture.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { derivedModel } from '../../../test/support/tiny-weights.ts';
import { checkInvariants, inspectBundle, verifyBundle } from '../../compose.ts';

const shared = seeded(700_000, 3);
const MODELS = {
  'one@1.0.0': { files: { 'model_index.json': '{}', 'text_encoder/model.safetensors': shared, 'vae/a.safetensors': seeded(300_000, 1) } },
  'two@1.0.0': { files: { 'text_encoder/model.safetensors': shared, 'b.bin': seeded(400_001, 2), empty: '' } },
};
const REFS = Object.keys(MODELS);

interface Made {
  readonly world: ModelWorld;
  readonly bundle: string;
}

async function made(options: { readonly partBytes?: number; readonly refs?: readonly string[] } = {}): Promise<Made> {
  const world = await modelFixture({ models: MODELS });
  const { refs = REFS, ...rest } = options;
  await using orchestrator = await world.orchestrator();
  for (const ref of REFS) await orchestrator.ensure(ref);
  const bundle = join(world.directory, 'models.wanb');
  await orchestrator.createBundle(refs, { out: bundle, ...rest });
  return { world, bundle };
}

/** A machine with the same manifest, no sources, and an empty root. */
async function elsewhere(manifest?: string): Promise<{ env: Record<string, string>; root: string; directory: string }> {
  const directory = await tempDir();
  const root = join(directory, 'root');
  const path = join(directory, 'models.toml');
  if (manifest !== undefined) writeFileSync(path, manifest);
  return { env: { MODELS_ROOT: root, WAN_MODELS_MANIFEST: path }, root, directory };
}

const flip = (path: string, at: number): void => {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
};

/** Two models that mount one component, one of them with its digests in the lockfile only, beside one that is of no interest. */
const MOUNTED = `# A comment of somebody.
schema_version = 1

[components."enc@1.0.0"]
sources = { priority = ["local://enc"] }
[[components."enc@1.0.0".files]]
path = "e.bin"
size = 5

[models."one@1.0.0"]
description = "A \\"quoted\\" one"
mounts = { text_encoder = "enc@1.0.0" }
optional_components = ["extra"]
defaults = { guidance_scale = 4.0, steps = 20 }
[[models."one@1.0.0".files]]
path = "a.bin"
size = 3
url = "https://signed.example/a.bin?signature=secret"
[[models."one@1.0.0".files]]
path = "x.bin"
size = 2
component = "extra"
[models."one@1.0.0".sources]
priority = ["local://one"]

[models."other@1.0.0"]
[[models."other@1.0.0".files]]
path = "o.bin"
size = 1
[models."other@1.0.0".sources]
priority = ["local://other"]
`;

async function mountedWorld(): Promise<ModelWorld> {
  const world = await modelFixture({ models: {} });
  writeFileSync(world.manifestPath, MOUNTED.replace(/^url.*\n/m, ''));
  const content = { 'enc/e.bin': 'enc 1', 'one/a.bin': 'abc', 'one/x.bin': 'xy', 'other/o.bin': 'o' };
  for (const [path, text] of Object.entries(content)) {
    mkdirSync(dirname(join(world.directory, path)), { recursive: true });
    writeFileSync(join(world.directory, path), text);
  }
  return world;
}

describe('what a bundle carries of a manifest', () => {
  it('is the models, the components that they mount and the pins of both, and no signed URL', async () => {
    const world = await mountedWorld();
    await using here = await world.orchestrator();
    const out = join(world.directory, 'x.wanb');
    await here.ensure('one@1.0.0', { components: ['extra', 'text_encoder'] });
    await expect(here.createBundle(['one@1.0.0'], { out })).rejects.toMatchObject({ code: 'LOCKFILE_STALE', reason: 'not_pinned' });
    await here.lock();
    writeFileSync(world.manifestPath, MOUNTED);
    await here.createBundle(['one@1.0.0'], { out });
    const { manifest, lockfile = '' } = await inspectBundle(out);
    expect(manifest).toContain('[components."enc@1.0.0"]');
    expect(`${manifest}${lockfile}`).not.toMatch(/other|secret/);
    expect(lockfile).toMatch(/\[components."enc@1.0.0"\][\s\S]*\[models."one@1.0.0"\]/);

    const there = await elsewhere('schema_version = 1\n\n# Mine.\n[models."mine@1.0.0"]\nsources = { priority = ["local://mine"] }\n');
    const path = join(there.directory, 'models.toml');
    await using far = await world.orchestrator({ env: there.env });
    await far.applyBundle(out, { manifestOut: path });
    expect(readFileSync(path, 'utf8')).toContain('# Mine.');
    const spec = await far.show('one@1.0.0');
    expect(spec).toMatchObject({ description: 'A "quoted" one', defaults: { guidance_scale: 4, steps: 20 } });
    expect(spec.files.map(({ proof }) => proof)).toEqual(['lock-sha256', 'lock-sha256', 'lock-sha256']);
    const all = { components: ['extra', 'text_encoder'] };
    expect(await far.status('one@1.0.0', all)).toMatchObject({ state: 'COMPLETE', fileCount: 3, proof: 'lock-sha256' });
    expect(spec.specDigest).toBe((await here.show('one@1.0.0')).specDigest);
    expect(await checkInvariants(there.root)).toEqual([]);
  });

  it('lets a derived variant be used where nobody made it, by its pins', async () => {
    const world = await modelFixture({ ...derivedModel(), sources: ['local'] });
    await using here = await world.orchestrator();
    await here.ensure(`${MODEL}@bf16`);
    const out = join(world.directory, 'x.wanb');
    await expect(here.createBundle([`${MODEL}@bf16`], { out })).rejects.toMatchObject({ reason: 'not_pinned' });
    await here.lock();
    await here.createBundle([`${MODEL}@bf16`], { out });
    const there = await elsewhere();
    await using far = await world.orchestrator({ env: there.env });
    const result = await far.applyBundle(out, { manifestOut: join(there.directory, 'models.toml') });
    expect(result.applied).toMatchObject([{ ref: { variant: 'bf16' } }]);
    expect(await far.status(`${MODEL}@bf16`)).toMatchObject({ state: 'COMPLETE' });
    expect(await checkInvariants(there.root)).toEqual([]);
  });
});

describe('a bundle', () => {
  it('applied on an empty root makes its models complete, and holds shared bytes once', async () => {
    const { world, bundle } = await made();
    const there = await elsewhere(readFileSync(world.manifestPath, 'utf8'));
    await using orchestrator = await world.orchestrator({ env: there.env });
    const result = await orchestrator.applyBundle(bundle);
    expect(result).toMatchObject({ blobBytes: 1_400_003, adoptedBytes: 1_400_003, presentBytes: 0, blobCount: 5 });
    for (const ref of REFS) expect(await orchestrator.status(ref)).toMatchObject({ state: 'COMPLETE', proof: 'manifest-sha256' });
    expect(await orchestrator.applyBundle(bundle)).toMatchObject({ adoptedBytes: 0, presentBytes: 1_400_003 });
    expect(await checkInvariants(there.root)).toEqual([]);
  });

  it('is the same bytes for the same models, in any order, and a tar that any tool reads', async () => {
    const { world, bundle } = await made();
    const again = join(world.directory, 'again.wanb');
    await using orchestrator = await world.orchestrator();
    await orchestrator.createBundle(REFS.toReversed(), { out: again });
    expect(readFileSync(again).equals(readFileSync(bundle))).toBe(true);
    const names = execFileSync('tar', ['tf', bundle], { encoding: 'utf8' }).trim().split('\n');
    expect(names[0]).toBe('wan-bundle.json');
    expect(names).toHaveLength(6);
    const folder = await tempDir();
    execFileSync('tar', ['xf', bundle, '-C', folder]);
    for (const name of names.slice(1)) expect(hash('sha256', readFileSync(join(folder, name)))).toBe(name.split('/').at(-1));
    expect(hash('sha256', readFileSync(join(folder, 'wan-bundle.json')))).toBe((await inspectBundle(bundle)).checksum);
  });

  it('in parts is the same archive cut, and has the same checksum', async () => {
    const { world, bundle } = await made();
    const parts = join(world.directory, 'parts');
    await using orchestrator = await world.orchestrator();
    await orchestrator.createBundle(REFS, { out: parts, partBytes: 300_000 });
    const names = readdirSync(parts)
      .filter((name) => name.startsWith('wan-bundle.tar.'))
      .sort();
    expect(names).toHaveLength(5);
    expect(readdirSync(parts)).toHaveLength(6);
    expect(Buffer.concat(names.map((name) => readFileSync(join(parts, name)))).equals(readFileSync(bundle))).toBe(true);
    expect((await inspectBundle(parts)).checksum).toBe((await inspectBundle(bundle)).checksum);
    expect(await verifyBundle(parts)).toMatchObject({ verifiedBytes: 1_400_003, partCount: 5 });
    const there = await elsewhere(readFileSync(world.manifestPath, 'utf8'));
    await using far = await world.orchestrator({ env: there.env });
    await far.applyBundle(parts);
    expect(await far.status('two@1.0.0')).toMatchObject({ state: 'COMPLETE' });
  });

  it('with one flipped bit publishes nothing, names the file and the part, keeps what is right, and goes on with the right one', async () => {
    const { world } = await made();
    const parts = join(world.directory, 'parts');
    await using orchestrator = await world.orchestrator();
    await orchestrator.createBundle(REFS, { out: parts, partBytes: 300_000 });
    const bad = join(world.directory, 'bad');
    cpSync(parts, bad, { recursive: true });
    flip(join(bad, 'wan-bundle.tar.00003'), 150_000);
    const there = await elsewhere(readFileSync(world.manifestPath, 'utf8'));
    await using far = await world.orchestrator({ env: there.env });
    const failure = { code: 'CHECKSUM_FAIL', reason: 'bundle_damaged', exitCode: 5 };
    await expect(far.applyBundle(bad)).rejects.toMatchObject({
      ...failure,
      details: { parts: expect.arrayContaining([join(bad, 'wan-bundle.tar.00003')]) },
    });
    await expect(verifyBundle(bad)).rejects.toMatchObject({ ...failure, details: { parts: [join(bad, 'wan-bundle.tar.00003')] } });
    for (const ref of REFS) expect((await far.status(ref)).state).not.toBe('COMPLETE');
    expect(existsSync(join(there.root, 'wan22'))).toBe(false);
    const { presentBytes, adoptedBytes } = await far.applyBundle(parts);
    expect(presentBytes).toBeGreaterThan(0);
    expect(adoptedBytes).toBeLessThan(1_400_003);
    for (const ref of REFS) expect((await far.status(ref)).state).toBe('COMPLETE');
    expect(await checkInvariants(there.root)).toEqual([]);
  });

  it('brings its models into a manifest only where that is asked for', async () => {
    const { world, bundle } = await made({ refs: ['two@1.0.0'] });
    const there = await elsewhere();
    const out = join(there.directory, 'models.toml');
    await using far = await world.orchestrator({ env: there.env });
    await expect(far.applyBundle(bundle)).rejects.toMatchObject({
      code: 'MISSING_MANIFEST',
      hint: expect.stringContaining('--manifest-out'),
    });
    expect(await far.applyBundle(bundle, { manifestOut: out })).toMatchObject({ manifest: { path: out, added: ['two@1.0.0'] } });
    expect(await far.status('two@1.0.0')).toMatchObject({ state: 'COMPLETE' });
    const before = readFileSync(out);
    expect(await far.applyBundle(bundle, { manifestOut: out })).toMatchObject({ manifest: { added: [] } });
    expect(readFileSync(out).equals(before)).toBe(true);
  });

  it('of other bytes than the manifest means is refused before anything is written', async () => {
    const { world, bundle } = await made();
    const there = await elsewhere(readFileSync(world.manifestPath, 'utf8').replace(hash('sha256', '{}'), hash('sha256', '[]')));
    await using far = await world.orchestrator({ env: there.env });
    await expect(far.applyBundle(bundle)).rejects.toMatchObject({
      code: 'DRIFT',
      reason: 'manifest_differs',
      details: { model: 'one@1.0.0' },
    });
    await expect(far.applyBundle(bundle, { manifestOut: join(there.directory, 'models.toml') })).rejects.toMatchObject({ code: 'DRIFT' });
    expect(existsSync(there.root)).toBe(false);
  });

  it('is not made of a model that is not complete, nor over something else', async () => {
    const world = await modelFixture({ models: MODELS });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure('one@1.0.0');
    const out = join(world.directory, 'x.wanb');
    await expect(orchestrator.createBundle(REFS, { out })).rejects.toMatchObject({ code: 'INCOMPLETE_DOWNLOAD', reason: 'not_complete' });
    writeFileSync(out, 'mine');
    await expect(orchestrator.createBundle(['one@1.0.0'], { out })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      reason: 'output_exists',
    });
    expect(readFileSync(out, 'utf8')).toBe('mine');
    mkdirSync(join(world.directory, 'folder'));
    writeFileSync(join(world.directory, 'folder', 'mine'), '');
    const asParts = { out: join(world.directory, 'folder'), partBytes: 1e6 };
    await expect(orchestrator.createBundle(['one@1.0.0'], asParts)).rejects.toMatchObject({ reason: 'output_exists' });
  });

  it('takes nothing of somebody else for an unfinished one', async () => {
    const { world } = await made();
    await using orchestrator = await world.orchestrator();
    const out = join(world.directory, 'x.wanb');
    const staged = `${out}.partial`;
    const refused = { code: 'INVALID_INPUT', reason: 'output_exists' };
    const mine = join(world.directory, 'mine');
    for (const text of ['mine', 'm'.repeat(1000)]) {
      writeFileSync(staged, text);
      await expect(orchestrator.createBundle(REFS, { out })).rejects.toMatchObject(refused);
      await expect(orchestrator.createBundle(REFS, { out, partBytes: 300_000 })).rejects.toMatchObject(refused);
      expect(readFileSync(staged, 'utf8')).toBe(text);
    }
    rmSync(staged);
    writeFileSync(mine, '');
    symlinkSync(mine, staged);
    await expect(orchestrator.createBundle(REFS, { out })).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
    rmSync(staged);
    for (const name of ['thesis.txt', 'wan-bundle.tar.00002']) {
      mkdirSync(staged);
      writeFileSync(join(staged, name), 'mine');
      await expect(orchestrator.createBundle(REFS, { out, partBytes: 300_000 })).rejects.toMatchObject(refused);
      expect(readdirSync(staged)).toEqual([name]);
      rmSync(staged, { recursive: true });
    }
    mkdirSync(staged);
    symlinkSync(mine, join(staged, 'wan-bundle.tar.00001'));
    await expect(orchestrator.createBundle(REFS, { out, partBytes: 300_000 })).rejects.toMatchObject(refused);
    expect(readFileSync(mine, 'utf8')).toBe('');
    expect(existsSync(out)).toBe(false);
  });
});
