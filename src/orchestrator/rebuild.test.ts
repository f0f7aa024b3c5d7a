import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { census } from '../../test/support/census.ts';
import { flipBit } from '../../test/support/flip-bit.ts';
import { MODEL, modelFixture, textOf } from '../../test/support/model-fixture.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { derivedModel } from '../../test/support/tiny-weights.ts';
import { checkInvariants } from '../compose.ts';
import { sha256Of } from '../domain/digest.ts';
import { readLeaves } from '../store/piece-leaves.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';

const OTHER = 'i2v-tiny@2.2.0';
const shared = seeded(300_000, 1);
const big = seeded(LEAF_BYTES + 9, 2);
const files = { 'unet/w.bin': shared, 'a.json': '{}' };
const otherFiles = { 'unet/w.bin': shared, 'big.bin': big };

/** Two published models that share a file. */
async function storeOfTwo() {
  const world = await modelFixture({
    models: { [MODEL]: { files, sources: ['http'] }, [OTHER]: { files: otherFiles, sources: ['http'] } },
  });
  const orchestrator = await world.orchestrator();
  for (const id of [MODEL, OTHER]) await orchestrator.ensure(id);
  world.server().requests.length = 0;
  const record = (id: string) => join(world.modelsRoot, 'wan22', id, '.verified.json');
  return { world, orchestrator, root: world.modelsRoot, record };
}

type Store = Awaited<ReturnType<typeof storeOfTwo>>;

/** Both models complete, proven by reading, and nothing was asked of a source. */
async function expectWhole({ world, orchestrator, root }: Store): Promise<void> {
  expect(await checkInvariants(root)).toEqual([]);
  for (const id of [MODEL, OTHER]) {
    expect((await orchestrator.status(id)).state, id).toBe('COMPLETE');
    expect((await orchestrator.ensureDetailed(id)).fetchedBytes).toBe(0);
    expect((await orchestrator.verifyIntegrity(id, { deep: true })).ok).toBe(true);
  }
  expect(world.server().requests).toEqual([]);
}

const inodeOf = (path: string): number => statSync(path).ino;
const blobPath = (root: string, digest: string): string => join(root, '.blobs', 'sha256', digest.slice(0, 2), digest);

describe('rebuild', () => {
  it('of a store without .state and STORE.json: everything is proven again by reading, and nothing is fetched', async () => {
    const store = await storeOfTwo();
    rmSync(join(store.root, '.state'), { recursive: true });
    rmSync(join(store.root, 'STORE.json'));
    const report = await store.orchestrator.rebuild();
    expect(report).toMatchObject({ ok: true, storeRecordMade: true, blobCount: 3, provenCount: 0, readCount: 3, snapshots: [] });
    expect(readLeaves(storeContextOf(store.root), sha256Of(sha256Hex(big)), big.sizeBytes)).toBeDefined();
    await expectWhole(store);
    expect(await store.orchestrator.rebuild()).toMatchObject({ ok: true, provenCount: 3, readCount: 0, bytesRead: 0 });
  });

  it.each([
    ['lost', (path: string) => rmSync(path)],
    ['torn', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 80))],
  ])('of a record that is %s: written anew from the manifest, since the files are right', async (_, damage) => {
    const store = await storeOfTwo();
    damage(store.record(OTHER));
    const report = await store.orchestrator.rebuild();
    expect(report).toMatchObject({ ok: true, snapshots: [{ ref: OTHER, state: 'rebuilt', fileCount: 2, badFiles: [] }], bytesRead: 0 });
    await expectWhole(store);
  });

  it('of a record of which files are bad or missing: what is right is on record, and the next ensure brings the rest', async () => {
    const store = await storeOfTwo();
    const { world, orchestrator, root, record } = store;
    rmSync(record(MODEL));
    rmSync(join(world.modelDir(), 'a.json'));
    writeFileSync(join(world.modelDir(), 'a.json'), '[]');
    const report = await orchestrator.rebuild();
    expect(report).toMatchObject({ ok: false, snapshots: [{ ref: MODEL, state: 'rebuilt', fileCount: 1, badFiles: ['a.json'] }] });
    expect((await orchestrator.status(MODEL)).state).not.toBe('COMPLETE');
    expect(await checkInvariants(root)).toEqual([]);
    await orchestrator.ensure(MODEL);
    await expectWhole(store);
  });

  it('of blobs that are gone: they are links of the published files again', async () => {
    const store = await storeOfTwo();
    rmSync(join(store.root, '.blobs'), { recursive: true });
    rmSync(join(store.root, '.state'), { recursive: true });
    expect(await store.orchestrator.rebuild()).toMatchObject({ ok: true, adoptedCount: 3 });
    expect(inodeOf(blobPath(store.root, sha256Hex(shared)))).toBe(inodeOf(join(store.world.modelDir(), 'unet/w.bin')));
    await expectWhole(store);
  });

  it('of a store that was copied without its links: each byte is there once again', async () => {
    const store = await storeOfTwo();
    cpSync(store.root, `${store.root}.copy`, { recursive: true });
    rmSync(store.root, { recursive: true });
    cpSync(`${store.root}.copy`, store.root, { recursive: true });
    expect((await store.orchestrator.status(MODEL)).state).toBe('PARTIAL');
    const report = await store.orchestrator.rebuild();
    expect(report).toMatchObject({ ok: true, readCount: 3 });
    expect([...report.links].sort()).toEqual(
      [MODEL, OTHER].flatMap((id) => Object.keys(id === MODEL ? files : otherFiles).map((path) => `wan22/${id}/${path}`)).sort(),
    );
    expect(inodeOf(blobPath(store.root, sha256Hex(shared)))).toBe(inodeOf(join(store.world.modelDir(), 'unet/w.bin')));
    await expectWhole(store);
  });

  it('finds bad blobs, says so, and repair mends them', async () => {
    const store = await storeOfTwo();
    flipBit(blobPath(store.root, sha256Hex(shared)), 5);
    rmSync(join(store.root, '.state'), { recursive: true });
    const report = await store.orchestrator.rebuild();
    expect(report).toMatchObject({ ok: false, badBlobs: [sha256Hex(shared)], readCount: 2 });
    expect((await store.orchestrator.status(MODEL)).state).toBe('CORRUPT');
    await store.orchestrator.repair(MODEL);
    store.world.server().requests.length = 0;
    await expectWhole(store);
  });

  it.each([
    ['holds another bit', (path: string) => flipBit(path, 5)],
    [
      'was cut short',
      (path: string) => {
        chmodSync(path, 0o644);
        truncateSync(path, 100);
      },
    ],
  ])(
    'does not take for right what %s, where the manifest has no digest, the record is lost and its blob is known to be wrong',
    async (_, rot) => {
      const world = await modelFixture({
        files: { 'w.bin': { content: shared, keys: { sha256: null } }, 'a.json': '{}' },
        sources: ['http'],
      });
      await using orchestrator = await world.orchestrator();
      await orchestrator.ensure(MODEL);
      rot(blobPath(world.modelsRoot, sha256Hex(shared)));
      rmSync(join(world.modelDir(), '.verified.json'));
      for (const blobCount of [2, 2]) {
        const report = await orchestrator.rebuild();
        expect(report).toMatchObject({ ok: false, blobCount, adoptedCount: 0, badBlobs: [sha256Hex(shared)] });
        expect((await orchestrator.status(MODEL)).state).not.toBe('COMPLETE');
      }
      await orchestrator.ensure(MODEL);
      expect(readFileSync(join(world.modelDir(), 'w.bin')).equals(textOf(shared))).toBe(true);
      expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    },
  );

  it('does not take for right a file of its own that is not as long as the manifest says', async () => {
    const world = await modelFixture({ files: { 'w.bin': { content: shared, keys: { sha256: null } }, 'a.json': '{}' } });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    const path = join(world.modelDir(), 'w.bin');
    const short = readFileSync(path).subarray(0, 100);
    rmSync(path);
    writeFileSync(path, short);
    rmSync(join(world.modelDir(), '.verified.json'));
    expect(await orchestrator.rebuild()).toMatchObject({ ok: false, adoptedCount: 0, snapshots: [{ fileCount: 1, badFiles: ['w.bin'] }] });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('reads a file that was written to after its blob was found proven, though it is the same inode still', async () => {
    const { world, orchestrator, record } = await storeOfTwo();
    rmSync(record(MODEL));
    // The other model's snapshot comes first, and has a file to read: by then all blobs were looked at.
    const own = join(world.modelDir(OTHER), 'big.bin');
    copyFileSync(own, `${own}.copy`);
    renameSync(`${own}.copy`, own);
    const path = join(world.modelDir(), 'a.json');
    const { signal } = new AbortController();
    const listen = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
    const writeOnce = (...args: unknown[]): void => {
      signal.addEventListener = listen;
      chmodSync(path, 0o644);
      writeFileSync(path, '[]');
      listen(...args);
    };
    signal.addEventListener = writeOnce;
    const report = await orchestrator.rebuild({ signal });
    expect(report).toMatchObject({ ok: false, snapshots: [{ ref: MODEL, state: 'rebuilt', badFiles: ['a.json'] }] });
  });

  it('puts on record again what was made from what, so that nothing is cast once more', async () => {
    const world = await modelFixture({ ...derivedModel(), sources: ['http'] });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(`${MODEL}@bf16`);
    const derived = join(world.modelsRoot, '.state', 'derived');
    const before = readdirSync(derived).sort();
    rmSync(join(world.modelsRoot, '.state'), { recursive: true });
    expect(await orchestrator.rebuild({ dryRun: true })).toMatchObject({ derivationCount: before.length });
    expect(await orchestrator.rebuild()).toMatchObject({ ok: true, derivationCount: before.length });
    expect(readdirSync(derived).sort()).toEqual(before);
    expect(before.length).toBeGreaterThan(0);
    rmSync(world.modelDir(`${MODEL}@bf16`), { recursive: true });
    const again = await orchestrator.ensureDetailed(`${MODEL}@bf16`);
    expect(again.files.map(({ origin }) => origin)).not.toContain('derived');
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('leaves alone what the manifest does not name, and says so', async () => {
    const store = await storeOfTwo();
    const stranger = join(store.root, 'wan22', 'who@1.0.0');
    mkdirSync(stranger);
    writeFileSync(join(stranger, 'x.bin'), 'x');
    const report = await store.orchestrator.rebuild();
    expect(report).toMatchObject({ ok: false, snapshots: [{ path: 'wan22/who@1.0.0', state: 'lost' }] });
    expect(readdirSync(stranger)).toEqual(['x.bin']);
  });

  it('changes nothing when it is only asked what is lost', async () => {
    const store = await storeOfTwo();
    rmSync(join(store.root, '.state'), { recursive: true });
    rmSync(store.record(OTHER));
    const before = census(store.root);
    expect(await store.orchestrator.rebuild({ dryRun: true })).toMatchObject({
      ...{ isDryRun: true, storeRecordMade: false, readCount: 3, bytesRead: 300_000 + 2 + big.sizeBytes },
      snapshots: [{ ref: OTHER, state: 'rebuilt' }],
    });
    expect(census(store.root)).toEqual(before);
  });

  it.each([
    ['blobs are gone', (root: string) => rmSync(join(root, '.blobs'), { recursive: true })],
    [
      'files are copies',
      (root: string) => {
        for (const path of ['unet/w.bin', 'a.json']) {
          const file = join(root, 'wan22', MODEL, path);
          cpSync(file, `${file}.new`);
          renameSync(`${file}.new`, file);
        }
      },
    ],
    ['nothing is lost', () => undefined],
  ])('says before what it does then, where %s', async (_, damage) => {
    const store = await storeOfTwo();
    damage(store.root);
    const ran = await store.world.cli(['models', 'rebuild', '--dry-run', '--json']);
    const planned = await store.orchestrator.rebuild({ dryRun: true });
    const { adoptedCount, links, derivationCount } = await store.orchestrator.rebuild();
    expect(planned).toMatchObject({ adoptedCount, links: expect.arrayContaining([...links]), derivationCount });
    expect(planned.links).toHaveLength(links.length);
    expect(ran.code).toBe(adoptedCount + links.length > 0 ? 10 : 0);
    await expectWhole(store);
  });

  it('makes no store where there is no folder', async () => {
    const world = await modelFixture({ files: { a: 'a' } });
    await using orchestrator = await world.orchestrator();
    await expect(orchestrator.rebuild()).rejects.toMatchObject({ code: 'INVALID_CONFIG', reason: 'no_store' });
    expect(existsSync(world.modelsRoot)).toBe(false);
  });
});
