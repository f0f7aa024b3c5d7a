import { hash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Content, type FaultServer, seeded, sha256Hex, wrongBytesAt } from '../../test/servers/http/fault-server.ts';
import { census } from '../../test/support/census.ts';
import { flipBit } from '../../test/support/flip-bit.ts';
import { MODEL, modelFixture, textOf } from '../../test/support/model-fixture.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { checkInvariants } from '../compose.ts';
import { sha256Of } from '../domain/digest.ts';
import { writeLeaves } from '../store/piece-leaves.ts';

const MIB = 1024 * 1024;
const BIG = 'unet/model.safetensors';
const big = seeded(36 * MIB, 1);

/** Fetched and proven, so that its pieces are on record. One connection: of several, one that is overtaken has read some bytes in vain. */
async function publishedWorld(files: Record<string, Content | string> = { [BIG]: big, 'small.txt': 'x' }) {
  const env = { WAN_PIECE_BYTES: String(4 * MIB), WAN_CONNECTIONS: '1' };
  const world = await modelFixture({ files, sources: ['http'], env });
  const orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  await orchestrator.verifyIntegrity(MODEL);
  world.server().requests.length = 0;
  const path = join(world.modelDir(), BIG);
  const digest = sha256Of(sha256Hex(files[BIG] as Content));
  return {
    world,
    orchestrator,
    path,
    digest,
    server: world.server(),
    blob: join(world.modelsRoot, '.blobs/sha256', digest.slice(0, 2), digest),
  };
}

const leavesOf = (bytes: Buffer): Buffer =>
  Buffer.concat([0, 1, 2].map((leaf) => hash('sha256', bytes.subarray(leaf * 16 * MIB, (leaf + 1) * 16 * MIB), 'buffer')));

function expectSent(server: FaultServer, bytes: number): void {
  expect(server.sentBytes(`${MODEL}/${BIG}`)).toBe(bytes);
}

const quarantined = (root: string): string[] => (existsSync(join(root, '.quarantine')) ? readdirSync(join(root, '.quarantine')) : []);

/** As on a volume where snapshots are copies. */
function makeOwnInode(path: string): void {
  copyFileSync(path, `${path}.copy`);
  renameSync(`${path}.copy`, path);
}

describe('a large file with a bad byte', () => {
  it('costs one piece over the wire; the bad bytes are kept, and every link is healed', async () => {
    const large = seeded(64 * MIB, 3);
    const { world, orchestrator, path, digest, server } = await publishedWorld({ [BIG]: large });
    flipBit(path, 20 * MIB);
    const bad = readFileSync(path);
    const report = await orchestrator.repair(MODEL);
    expect(report).toMatchObject({ ok: true, fetchedBytes: 16 * MIB, links: [`wan22/${MODEL}/${BIG}`] });
    expect(report.files).toMatchObject([
      { path: BIG, fault: 'digest', way: 'pieces', badPieces: [1], pieceCount: 4, fetchedBytes: 16 * MIB },
    ]);
    expectSent(server, 16 * MIB);
    expect(readFileSync(path).equals(textOf(large))).toBe(true);
    const [kept = ''] = report.files[0]?.quarantined ?? [];
    expect(kept).toContain(`.quarantine/${digest}`);
    expect(readFileSync(join(world.modelsRoot, kept)).equals(bad)).toBe(true);
    expect((await orchestrator.status(MODEL)).state).toBe('COMPLETE');
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    expect(await orchestrator.repair(MODEL)).toMatchObject({ ok: true, files: [], fetchedBytes: 0 });
  });

  it('costs nothing yet where it is only asked what would be done, and nothing on disk changes', async () => {
    const { world, orchestrator, path, server } = await publishedWorld();
    flipBit(path, 20 * MIB);
    const before = census(world.modelsRoot);
    const report = await orchestrator.repair(MODEL, { dryRun: true });
    expect(report).toMatchObject({ ok: false, isDryRun: true, fetchedBytes: 16 * MIB });
    expect(report.files).toMatchObject([{ way: 'pieces', badPieces: [1], pieceCount: 3, quarantined: [] }]);
    expect(census(world.modelsRoot)).toEqual(before);
    expect(server.requests).toEqual([]);
  });

  it('is fetched whole where no pieces are on record', async () => {
    const { world, orchestrator, path, server } = await publishedWorld();
    rmSync(join(world.modelsRoot, '.state/pieces'), { recursive: true });
    flipBit(path, 20 * MIB);
    expect((await orchestrator.repair(MODEL, { dryRun: true })).files).toMatchObject([{ way: 'whole', fetchedBytes: 36 * MIB }]);
    const report = await orchestrator.repair(MODEL);
    expect(report.files).toMatchObject([{ way: 'whole', fetchedBytes: 36 * MIB }]);
    expect(report.files[0]?.badPieces).toBeUndefined();
    expectSent(server, 36 * MIB);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('is fetched whole, and right, where the record of its pieces is wrong', async () => {
    const { world, orchestrator, path, digest } = await publishedWorld();
    flipBit(path, 20 * MIB);
    const wrong = textOf(big);
    wrong[20 * MIB] = (wrong[20 * MIB] ?? 0) ^ 1;
    await writeLeaves(storeContextOf(world.modelsRoot), digest, { leafBytes: 16 * MIB, digests: leavesOf(wrong) });
    // Its pieces bless the bad byte: only a full reading tells.
    expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(true);
    chmodSync(path, 0o644);
    writeFileSync(path, readFileSync(path));
    await orchestrator.ensure(MODEL);
    expect(readFileSync(path).equals(textOf(big))).toBe(true);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('that verify found is planned as bytes to fetch, at most the whole file, until it is mended', async () => {
    const { world, orchestrator, path } = await publishedWorld();
    flipBit(path, 20 * MIB);
    await orchestrator.verifyIntegrity(MODEL);
    const plan = await orchestrator.plan(MODEL);
    expect(plan).toMatchObject({ fetchBytes: 36 * MIB, linkBytes: 0 });
    expect(plan.files.find((file) => file.path === BIG)).toMatchObject({ action: 'fetch', fault: 'digest' });
    expect(await orchestrator.status(MODEL)).toMatchObject({ state: 'CORRUPT', bytesNeeded: 36 * MIB });
    await orchestrator.ensure(MODEL);
    expect(await orchestrator.plan(MODEL)).toMatchObject({ fetchBytes: 0, linkBytes: 0 });
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('that was cut short keeps its good pieces', async () => {
    const { world, orchestrator, path, server } = await publishedWorld();
    chmodSync(path, 0o644);
    truncateSync(path, 20 * MIB);
    const report = await orchestrator.repair(MODEL);
    expect(report.files).toMatchObject([{ fault: 'size', way: 'pieces', fetchedBytes: 20 * MIB, badPieces: [1, 2] }]);
    expectSent(server, 20 * MIB);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('and whose source gives a wrong piece, too, is refused and stays bad; its pieces cost nothing more later', async () => {
    const { world, orchestrator, path, server } = await publishedWorld();
    flipBit(path, 20 * MIB);
    server.fault(`${MODEL}/${BIG}`, wrongBytesAt(21 * MIB));
    await expect(orchestrator.repair(MODEL)).rejects.toMatchObject({ code: 'CHECKSUM_FAIL' });
    expect((await orchestrator.status(MODEL)).state).toBe('CORRUPT');
    server.clearFaults();
    server.requests.length = 0;
    expect(await orchestrator.repair(MODEL)).toMatchObject({ ok: true });
    expectSent(server, 16 * MIB);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

describe('without a network', () => {
  const files = { [BIG]: seeded(20 * MIB, 2), 'small.txt': 'x' };

  it('a bad copy of a good blob is relinked, and its bytes are kept', async () => {
    const { world, orchestrator, path, server } = await publishedWorld(files);
    makeOwnInode(path);
    flipBit(path, 5);
    expect((await orchestrator.repair(MODEL, { dryRun: true })).files).toMatchObject([{ way: 'relink', fetchedBytes: 0 }]);
    const report = await orchestrator.repair(MODEL, { offline: true });
    expect(report.files).toMatchObject([{ way: 'relink', fetchedBytes: 0, quarantined: [expect.stringMatching(/^\.quarantine\//)] }]);
    expect(quarantined(world.modelsRoot)).toHaveLength(1);
    expect(server.requests).toEqual([]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it.each([true, false])(
    'a bad blob and its bad link are made again of a good copy in another model (pieces on record: %s)',
    async (hasLeaves) => {
      const { world, orchestrator, path, server, blob } = await publishedWorld(files);
      if (!hasLeaves) rmSync(join(world.modelsRoot, '.state/pieces'), { recursive: true });
      const other = join(world.modelsRoot, 'wan22', 'twin@1.0.0');
      await world.write({ [MODEL]: { files, sources: ['http'] }, 'twin@1.0.0': { files, sources: ['http'] } });
      server.requests.length = 0;
      await orchestrator.ensure('twin@1.0.0');
      makeOwnInode(join(other, BIG));
      flipBit(blob, 5);
      flipBit(blob, 19 * MIB);
      const report = await orchestrator.repair(MODEL, { offline: true });
      expect(report.files).toMatchObject([{ path: BIG, way: 'relink', fetchedBytes: 0 }]);
      expect(readFileSync(path).equals(textOf(files[BIG]))).toBe(true);
      expect(server.requests).toEqual([]);
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    },
  );

  it('two bad copies with different bad pieces make one good file', async () => {
    const { world, orchestrator, path, server, blob } = await publishedWorld(files);
    makeOwnInode(path);
    flipBit(path, 5);
    flipBit(blob, 19 * MIB);
    const report = await orchestrator.repair(MODEL, { offline: true });
    expect(report).toMatchObject({ ok: true, fetchedBytes: 0 });
    expect(quarantined(world.modelsRoot)).toHaveLength(2);
    expect(server.requests).toEqual([]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('what no copy has right is named as not to be had', async () => {
    const { orchestrator, path } = await publishedWorld(files);
    flipBit(path, 5);
    await expect(orchestrator.repair(MODEL, { offline: true })).rejects.toMatchObject({ code: 'OFFLINE' });
  });
});

describe('a file that is no longer what the manifest names', () => {
  const [before, after] = [seeded(50_000, 11), seeded(50_000, 12)];

  async function movedOn() {
    const published = await publishedWorld({ [BIG]: before });
    await published.world.write({ [MODEL]: { files: { [BIG]: after }, sources: ['http'] } });
    return { ...published, orchestrator: await published.world.orchestrator() };
  }

  it.each(['a link of its blob', 'an inode of its own'])('and is right as %s becomes that, and nothing is kept as bad', async (kind) => {
    const { world, orchestrator, path } = await movedOn();
    if (kind !== 'a link of its blob') makeOwnInode(path);
    expect(await orchestrator.repair(MODEL)).toMatchObject({ ok: true, files: [{ path: BIG, quarantined: [] }] });
    expect(readFileSync(path).equals(textOf(after))).toBe(true);
    expect(quarantined(world.modelsRoot)).toEqual([]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('and is neither what it was is kept', async () => {
    const { world, orchestrator, path } = await movedOn();
    makeOwnInode(path);
    flipBit(path, 5);
    await orchestrator.repair(MODEL);
    expect(quarantined(world.modelsRoot)).toHaveLength(1);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });
});

it('mends what is missing, too, and leaves what nobody declared', async () => {
  const world = await modelFixture({ files: { 'a.bin': 'aaa', 'b.bin': 'bbb' }, sources: ['http'] });
  await using orchestrator = await world.orchestrator();
  const directory = await orchestrator.ensure(MODEL);
  rmSync(join(directory, 'a.bin'));
  writeFileSync(join(directory, 'mine.txt'), 'mine');
  const report = await orchestrator.repair(MODEL);
  expect(report).toMatchObject({
    ok: true,
    fileCount: 2,
    files: [{ path: 'a.bin', fault: 'missing', way: 'relink' }],
    extraFiles: ['mine.txt'],
  });
  expect(readFileSync(join(directory, 'mine.txt'), 'utf8')).toBe('mine');
});
