import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf, type FixtureModel, MODEL, modelFixture, textOf } from '../../test/support/model-fixture.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { derivedModel, INDEX, shardPath } from '../../test/support/tiny-weights.ts';
import { checkInvariants } from '../compose.ts';
import { type LockedFile, lockfileText, sealEntry } from '../registry/lockfile.ts';
import { readLockfile } from '../registry/read-lockfile.ts';

const BF16 = `${MODEL}@bf16`;
const SHARDS = [1, 2, 3].map((part) => shardPath(part, 3));
const MADE = [INDEX, ...SHARDS].sort();

async function lockWorld(model: FixtureModel = derivedModel()) {
  const world = await modelFixture({ ...model, sources: ['http'] });
  const path = join(world.directory, 'models.lock');
  const read = () => readLockfile({ path, bytes: readFileSync(path) }).lockfile;
  /** The lockfile with the derived files as another machine may have written them. */
  const rewrite = (change: (file: LockedFile) => LockedFile): void => {
    const lockfile = read();
    const models = [...lockfile.models].map(
      ([id, entry]) => [id, id === BF16 ? sealEntry({ ...entry, files: entry.files.map(change) }) : entry] as const,
    );
    writeFileSync(path, lockfileText({ ...lockfile, models: new Map(models) }));
  };
  const derivedLines = (): readonly LockedFile[] => read().models.get(BF16)?.files ?? [];
  return { world, read, rewrite, derivedLines, orchestrator: await world.orchestrator() };
}

type LockWorld = Awaited<ReturnType<typeof lockWorld>>;

async function lockedWorld(model?: FixtureModel): Promise<LockWorld> {
  const made = await lockWorld(model);
  await made.orchestrator.ensure(BF16);
  await made.orchestrator.lock();
  return made;
}

/** The same manifest and lockfile, and nothing in its store. */
async function otherMachine({ world }: LockWorld) {
  const root = join(await tempDir(), 'models');
  const orchestrator = await world.orchestrator({ env: { MODELS_ROOT: root } });
  return { root, orchestrator, file: (path: string): Buffer => readFileSync(join(root, 'wan22', BF16, path)) };
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('lock of a derived variant', () => {
  it('that was not made here says so, and writes nothing of it', async () => {
    const { orchestrator, read } = await lockWorld();
    const report = await orchestrator.lock();
    expect(report.notDerived.map(({ ref, reason, files }) => [ref, reason, [...files].sort()])).toEqual([
      [BF16, 'not_made', MADE],
      [`${MODEL}@fp16`, 'not_made', MADE],
    ]);
    expect([...read().models.keys()]).toEqual([MODEL]);
  });

  it('writes what was made here: digest, size, inputs, dtype and deriver, and later nothing again', async () => {
    const model = derivedModel();
    const { world, orchestrator, derivedLines } = await lockWorld(model);
    await orchestrator.ensure(BF16);
    const report = await orchestrator.lock([MODEL]);
    expect(report.notDerived.map(({ ref }) => ref)).toEqual([`${MODEL}@fp16`]);
    expect(report.parts).toMatchObject([{ id: MODEL }, { id: BF16, action: 'added', fileCount: 4 }]);
    const input = (path: string): string => digestOf(model.files[path] as never);
    for (const line of derivedLines()) {
      const bytes = readFileSync(join(world.modelDir(BF16), line.path));
      const from = line.path === INDEX ? [INDEX, ...SHARDS].map(input) : [input(line.path)];
      const derived = { from, dtype: 'bf16', deriver: 'wan-cast/1' };
      expect(line).toEqual({ path: line.path, size: bytes.length, sha256: sha256(bytes), by: 'deriver', derived });
    }
    expect(derivedLines().map(({ path }) => path)).toEqual(MADE);
    expect(await orchestrator.lock()).toMatchObject({ written: false, parts: [{ action: 'kept' }, { action: 'kept' }] });
  });

  it('takes the digests of its inputs from the lockfile where the manifest has none', async () => {
    const plain = derivedModel();
    const open = Object.entries(plain.files).map(([path, file]) => {
      const { content, keys } = typeof file === 'object' && 'content' in file ? file : { content: file, keys: {} };
      return [path, { content, keys: { ...keys, sha256: null } }] as const;
    });
    const { orchestrator, derivedLines } = await lockWorld({ ...plain, files: Object.fromEntries(open) });
    await orchestrator.ensure(BF16);
    expect(await orchestrator.lock([], { read: false })).toMatchObject({
      notDerived: [{ ref: BF16, reason: 'inputs_unknown' }, { reason: 'inputs_unknown' }],
    });
    await orchestrator.lock([], { update: true });
    expect(derivedLines().map(({ path }) => path)).toEqual(MADE);
    expect((await orchestrator.show(BF16)).files.map(({ proof }) => proof)).not.toContain('size-only');
  });

  it('keeps on a machine that has not made it what another one wrote, until its inputs change', async () => {
    const first = await lockedWorld();
    const { orchestrator } = await otherMachine(first);
    expect(await orchestrator.lock()).toMatchObject({ written: false });
    expect(first.derivedLines()).toHaveLength(4);
    await first.world.write({ [MODEL]: { ...derivedModel({ seed: 2 }), sources: ['http'] } });
    const later = await otherMachine(first);
    const report = await later.orchestrator.lock();
    expect(report.parts.find(({ id }) => id === BF16)).toMatchObject({ action: 'removed' });
    expect(report.notDerived.map(({ ref }) => ref)).toContain(BF16);
    expect(first.derivedLines()).toEqual([]);
  });
});

describe('a derived variant with files of its own', () => {
  it('has them and the derived ones in one entry; a file that takes the place of a derived one is pinned in its place', async () => {
    const model = derivedModel();
    const own = (path: string) => ({ path, size: textOf(model.files[path] as never).length });
    const withOwn = (files: readonly { path: string; size: number }[]): FixtureModel => ({
      ...model,
      keys: { variants: ['fp32', 'bf16'], variant: { bf16: { derive_from: 'fp32', dtype: 'bf16', derive_components: ['dit'], files } } },
    });
    const made = await lockedWorld(withOwn([own('t5.pth')]));
    expect(made.derivedLines().map(({ path, by }) => [path, by])).toEqual([...MADE.map((path) => [path, 'deriver']), ['t5.pth', 'bytes']]);
    expect(await made.orchestrator.outdated()).toMatchObject({ parts: [{ state: 'current' }, { id: BF16, state: 'current' }] });
    const [shard = ''] = SHARDS;
    await made.world.write({ [MODEL]: { ...withOwn([own('t5.pth'), own(shard)]), sources: ['http'] } });
    expect(await (await made.world.orchestrator()).lock()).toMatchObject({ failed: [], notDerived: [{ ref: BF16, files: [INDEX] }] });
    expect(made.derivedLines().map(({ path, by }) => [path, by])).toEqual([
      [shard, 'bytes'],
      ...SHARDS.slice(1).map((path) => [path, 'deriver']),
      ['t5.pth', 'bytes'],
    ]);
  });
});

describe('a locked derivation', () => {
  it('counts only for the inputs, the dtype and the deriver that it was made with', async () => {
    const made = await lockedWorld();
    const { world, rewrite, derivedLines } = made;
    const proofs = async (): Promise<(string | undefined)[]> => {
      const { files } = await (await world.orchestrator()).show(BF16);
      return files.filter(({ derive }) => derive !== undefined).map(({ proof }) => proof);
    };
    const lines = new Map(derivedLines().map((line) => [line.path, line]));
    const { files } = await (await world.orchestrator()).show(BF16);
    for (const { path, sizeBytes, sha256: digest } of files.filter(({ derive }) => derive !== undefined))
      expect([sizeBytes, digest]).toEqual([lines.get(path)?.size, lines.get(path)?.sha256]);
    expect(await proofs()).toEqual(Array(4).fill('lock-sha256'));
    const frozen = async () => (await world.orchestrator()).ensure(BF16, { frozen: true });
    await frozen();
    for (const change of [{ deriver: 'wan-cast/0' }, { dtype: 'fp16' }, { from: ['ab'.repeat(32).replace('abab', '1234')] }]) {
      rewrite((line) => ({
        ...(lines.get(line.path) ?? line),
        derived: { ...(lines.get(line.path) as never as { derived: object }).derived, ...change } as never,
      }));
      expect(await proofs()).toEqual(Array(4).fill('manifest-sha256'));
      await expect(frozen()).rejects.toMatchObject({
        code: 'LOCKFILE_STALE',
        reason: 'entry_stale',
        hint: expect.stringContaining(`ensure ${BF16}`),
      });
    }
  });

  it('that is in no lockfile is refused only by a frozen ensure', async () => {
    const { orchestrator } = await lockWorld();
    await orchestrator.lock();
    await expect(orchestrator.ensure(BF16, { frozen: true })).rejects.toMatchObject({ code: 'LOCKFILE_STALE', reason: 'not_locked' });
    await orchestrator.ensure(MODEL, { frozen: true });
    await orchestrator.ensure(BF16);
  });

  it('is reproduced on another machine, bit by bit, and proven by the lockfile', async () => {
    const first = await lockedWorld();
    const second = await otherMachine(first);
    const result = await second.orchestrator.ensureDetailed(BF16, { frozen: true });
    const made = result.files.filter(({ origin }) => origin === 'derived');
    expect(made.map(({ path, proof }) => [path, proof]).sort()).toEqual(MADE.map((path) => [path, 'lock-sha256']));
    for (const { path, sha256: digest } of first.derivedLines()) expect(sha256(second.file(path)), path).toBe(digest);
    expect(await second.orchestrator.status(BF16)).toMatchObject({ state: 'COMPLETE', proof: 'lock-sha256' });
    expect(await checkInvariants(second.root)).toEqual([]);
  });

  it('that comes out otherwise is CHECKSUM_FAIL with both digests, and is not published', async () => {
    const first = await lockedWorld();
    const [, , shard = ''] = MADE;
    const good = first.derivedLines().find(({ path }) => path === shard)?.sha256;
    const other = sha256(Buffer.from('other bytes'));
    first.rewrite((line) => (line.path === shard ? { ...line, sha256: other } : line));
    const second = await otherMachine(first);
    const differs = { code: 'CHECKSUM_FAIL', reason: 'derivation_differs', details: { file: shard, expected: other, found: good } };
    for (const _ of ['first', 'again']) await expect(second.orchestrator.ensure(BF16, { frozen: true })).rejects.toMatchObject(differs);
    const before = await first.world.orchestrator();
    await expect(before.ensure(BF16), 'made here before the lockfile said otherwise').rejects.toMatchObject(differs);
    expect(existsSync(join(second.root, 'wan22', BF16))).toBe(false);
    expect(await checkInvariants(second.root)).toEqual([]);
  });
});
