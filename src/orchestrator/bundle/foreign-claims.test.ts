/** Whoever controls all of a bundle: what it says counts for the models that it brings, and for no other one. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { forgeBundle, indexIn, rewriteLock, shaOf } from '../../../test/support/forge-bundle.ts';
import { digestOf, type FixtureModel, MODEL, modelFixture, textOf } from '../../../test/support/model-fixture.ts';
import { derivedModel, INDEX, shardPath } from '../../../test/support/tiny-weights.ts';
import type { BundleIndex } from '../../backends/bundle/bundle-index.ts';
import { checkInvariants } from '../../compose.ts';
import type { LockedFile } from '../../registry/lockfile.ts';

const BF16 = `${MODEL}@bf16`;
const OTHER = 'other@1.0.0';
const SHARD = shardPath(1, 3);
const PATHS = [INDEX, ...[1, 2, 3].map((part) => shardPath(part, 3))];
const model = { ...derivedModel(), sources: ['local'] } satisfies FixtureModel;

type Casts = ReadonlyMap<string, Buffer>;
let right: Casts;
/** A cast of larger weights: other bytes, and another header. */
let evil: Buffer;

beforeEach(async () => {
  right = await casts(model);
  evil = (await casts({ ...derivedModel({ elements: 6000 }), sources: ['local'] })).get(SHARD) ?? Buffer.alloc(0);
});

/** What a machine makes that has nothing but the sources. */
async function casts(of: FixtureModel): Promise<Casts> {
  const world = await modelFixture(of);
  await using orchestrator = await world.orchestrator();
  await orchestrator.ensure(BF16);
  return new Map(PATHS.map((path) => [path, readFileSync(join(world.modelDir(BF16), path))]));
}

/** A bundle of another model with the very weights of ours, whose lockfile says that something else comes of them. */
async function pinningBundle({ leftOut }: { leftOut?: string } = {}): Promise<string> {
  const world = await modelFixture({ models: { [OTHER]: model } });
  await using there = await world.orchestrator();
  await there.ensure(`${OTHER}@bf16`);
  await there.lock();
  const out = join(world.directory, 'x.wanb');
  await there.createBundle([`${OTHER}@bf16`], { out });
  const index = indexIn(out);
  const forged = <File extends { readonly path: string }>(file: File, size: object): File =>
    file.path === SHARD ? { ...file, ...size, sha256: shaOf(evil) } : file;
  const models = index.models.map((one) => ({
    ...one,
    files: one.files.filter(({ path }) => path !== leftOut).map((file) => forged(file, { sizeBytes: evil.length })),
  }));
  const pinned = (file: LockedFile): LockedFile[] => {
    if (file.derived === undefined) return [file];
    return file.path === leftOut ? [] : [forged(file, { size: evil.length })];
  };
  const contents = [evil, ...right.values(), ...Object.keys(model.files).map((path) => textOf(model.files[path] as never))];
  writeFileSync(out, forgeBundle({ ...index, models, lockfile: rewriteLock(index.lockfile ?? '', pinned) }, contents));
  return out;
}

describe('a bundle that somebody made to do harm', () => {
  it('cannot say of its own bytes that they are the cast of another model', async () => {
    const world = await modelFixture({ models: { [MODEL]: model, [OTHER]: { files: { 'a.bin': evil }, sources: ['local'] } } });
    await using here = await world.orchestrator();
    await here.ensure(OTHER);
    const out = join(world.directory, 'x.wanb');
    await here.createBundle([OTHER], { out });
    const index = indexIn(out);
    const derived = { from: [digestOf(model.files[SHARD] as never)], dtype: 'bf16', deriver: 'wan-cast/1' };
    const models = index.models.map((one) => ({ ...one, files: one.files.map((file) => ({ ...file, derived: derived as never })) }));
    writeFileSync(out, forgeBundle({ ...index, models }, [evil]));
    await here.applyBundle(out);
    await here.ensure(BF16);
    expect(readFileSync(join(world.modelDir(BF16), SHARD)).equals(right.get(SHARD) as Buffer)).toBe(true);
  });

  it.each([{}, { leftOut: INDEX }])(
    'and pins casts of the weights that a model here has brings its own, and ours are made here, also after a rebuild %j',
    async (forged) => {
      const world = await modelFixture({ models: { [MODEL]: model, [OTHER]: model } });
      await world.write({ [MODEL]: model });
      await using here = await world.orchestrator();
      await here.applyBundle(await pinningBundle(forged), { manifestOut: world.manifestPath });
      expect(readFileSync(join(world.modelDir(`${OTHER}@bf16`), SHARD)).equals(evil)).toBe(true);
      await here.rebuild();
      await using later = await world.orchestrator();
      await later.ensure(BF16);
      for (const path of PATHS) expect(readFileSync(join(world.modelDir(BF16), path)).equals(right.get(path) as Buffer), path).toBe(true);
      expect(await later.status(`${OTHER}@bf16`)).toMatchObject({ state: 'COMPLETE' });
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    },
  );

  const PLAIN = { files: { 'a.bin': 'abc' }, sources: ['local'] } satisfies FixtureModel;

  /** Two models that are pinned by their lockfile, a bundle of the first, and what it carries of the manifest. */
  async function pinnedWorld() {
    const open = { files: { 'a.bin': { content: 'abc', keys: { sha256: null } } }, sources: ['local'] } satisfies FixtureModel;
    const world = await modelFixture({ models: { 'one@1.0.0': open, 'two@1.0.0': open } });
    await using there = await world.orchestrator();
    await there.ensure('one@1.0.0');
    await there.lock();
    const out = join(world.directory, 'x.wanb');
    await there.createBundle(['one@1.0.0'], { out });
    return { world, out, index: indexIn(out), lockfile: readFileSync(join(world.directory, 'models.lock'), 'utf8') };
  }

  it.each<[string, (made: { index: BundleIndex; lockfile: string; manifest: string }) => Partial<BundleIndex>]>([
    ['a model', ({ index, manifest }) => ({ manifest: `${index.manifest}\n${manifest.replace('schema_version = 1', '')}` })],
    ['a component', ({ index }) => ({ manifest: `${index.manifest}\n[components."c@1.0.0"]\nfiles = [{ path = "c", size = 1 }]\n` })],
    ['a pin', ({ lockfile }) => ({ lockfile })],
  ])('cannot bring %s that its index does not name', async (_, change) => {
    const { out, index, lockfile } = await pinnedWorld();
    const far = await modelFixture({ models: { 'three@1.0.0': PLAIN } });
    const before = readFileSync(far.manifestPath, 'utf8');
    const changed = change({ index, lockfile, manifest: before });
    writeFileSync(out, forgeBundle({ ...index, ...changed }, [Buffer.from('abc')]));
    await using orchestrator = await far.orchestrator();
    const applying = orchestrator.applyBundle(out, { manifestOut: far.manifestPath });
    await expect(applying).rejects.toMatchObject({ code: 'FORMAT_INVALID', reason: 'manifest_of_others' });
    expect(readFileSync(far.manifestPath, 'utf8')).toBe(before);
    expect(existsSync(join(far.directory, 'models.lock'))).toBe(false);
  });

  it('cannot pin a model that stands here without a pin', async () => {
    const { world, out } = await pinnedWorld();
    rmSync(join(world.directory, 'models.lock'));
    await using here = await world.orchestrator();
    await expect(here.applyBundle(out, { manifestOut: world.manifestPath })).rejects.toMatchObject({
      code: 'DRIFT',
      reason: 'manifest_differs',
    });
    expect(existsSync(join(world.directory, 'models.lock'))).toBe(false);
  });

  it('goes on where it was killed between lockfile and manifest', async () => {
    const { out, lockfile } = await pinnedWorld();
    const far = await modelFixture({ models: { 'three@1.0.0': PLAIN } });
    writeFileSync(join(far.directory, 'models.lock'), lockfile);
    await using orchestrator = await far.orchestrator();
    expect(await orchestrator.applyBundle(out, { manifestOut: far.manifestPath })).toMatchObject({ manifest: { added: ['one@1.0.0'] } });
    expect(await orchestrator.status('one@1.0.0')).toMatchObject({ state: 'COMPLETE' });
  });
});
