import { hash } from 'node:crypto';
import { appendFileSync, chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { flipBit } from '../../test/support/flip-bit.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { sha256Of } from '../domain/digest.ts';
import { readLeaves, writeLeaves } from '../store/piece-leaves.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';

it('keeps the leaf hashes of a large file that has none yet', async () => {
  const content = seeded(LEAF_BYTES + 5, 1);
  const world = await modelFixture({ files: { 'big.bin': content, 'small.txt': 'x' } });
  await using orchestrator = await world.orchestrator();
  await orchestrator.ensure(MODEL);
  const report = await orchestrator.verifyIntegrity(MODEL);
  expect(report.ok).toBe(true);
  const leaves = readLeaves(storeContextOf(world.modelsRoot), sha256Of(sha256Hex(content)), content.sizeBytes);
  const tail = { ...content, sizeBytes: 5, read: (offset: number, length: number) => content.read(LEAF_BYTES + offset, length) };
  expect(Buffer.from(leaves?.digests ?? []).toString('hex')).toBe(sha256Hex({ ...content, sizeBytes: LEAF_BYTES }) + sha256Hex(tail));
});

it('is right about good, damaged, missing and foreign files all at once', async () => {
  const world = await modelFixture({ files: { 'good.bin': 'good', 'bad.bin': 'right', 'gone.bin': 'gone', 'empty.bin': '' } });
  await using orchestrator = await world.orchestrator();
  const directory = await orchestrator.ensure(MODEL);
  chmodSync(join(directory, 'bad.bin'), 0o644);
  writeFileSync(join(directory, 'bad.bin'), 'wrong');
  rmSync(join(directory, 'gone.bin'));
  writeFileSync(join(directory, 'notes.txt'), 'mine');
  const report = await orchestrator.verifyIntegrity(MODEL);
  expect(report.ok).toBe(false);
  expect(Object.fromEntries(report.files.map((file) => [file.path, file.fault ?? 'ok']))).toEqual({
    'good.bin': 'ok',
    'bad.bin': 'digest',
    'gone.bin': 'missing',
    'empty.bin': 'ok',
  });
  expect(report.extraFiles).toEqual(['notes.txt']);
  expect(readdirSync(directory)).toContain('notes.txt');
});

it('of a model that is not there says what is missing, and is no error', async () => {
  const world = await modelFixture({ files: { 'a.bin': 'a' } });
  await using orchestrator = await world.orchestrator();
  const report = await orchestrator.verifyIntegrity(MODEL);
  expect([report.ok, report.files[0]?.fault]).toEqual([false, 'missing']);
});

describe('a file whose pieces are on record', () => {
  const content = seeded(2 * LEAF_BYTES + 5, 1);
  const digest = sha256Of(sha256Hex(content));
  const provenOnce = async () => {
    const world = await modelFixture({ files: { 'big.bin': content, 'small.txt': 'x' } });
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    await orchestrator.verifyIntegrity(MODEL);
    const verify = async () => (await orchestrator.verifyIntegrity(MODEL)).files[0];
    return { world, verify, path: join(world.modelDir(), 'big.bin'), store: storeContextOf(world.modelsRoot) };
  };

  it('is checked piece by piece, and it is said so', async () => {
    const { verify } = await provenOnce();
    expect(await verify()).toMatchObject({ ok: true, checkedBy: 'pieces', found: digest });
  });

  it('is read whole where a piece differs: the digest that it has, and the number of each bad piece, are told', async () => {
    const { verify, path } = await provenOnce();
    flipBit(path, LEAF_BYTES + 7);
    flipBit(path, 2 * LEAF_BYTES + 4);
    const found = hash('sha256', readFileSync(path));
    expect(await verify()).toMatchObject({ ok: false, fault: 'digest', checkedBy: 'sha256', found, badPieces: [1, 2] });
  });

  it('is read whole where it is longer than its pieces', async () => {
    const { verify, path } = await provenOnce();
    chmodSync(path, 0o644);
    appendFileSync(path, 'x');
    expect(await verify()).toMatchObject({ ok: false, fault: 'size', checkedBy: 'sha256' });
  });

  it('is not condemned by a record that is wrong: the whole file is, and the record is made anew', async () => {
    const { verify, store } = await provenOnce();
    const right = readLeaves(store, digest, content.sizeBytes);
    await writeLeaves(store, digest, { leafBytes: LEAF_BYTES, digests: Buffer.alloc(96, 1) });
    expect(await verify()).toMatchObject({ ok: true, checkedBy: 'sha256', found: digest });
    expect(readLeaves(store, digest, content.sizeBytes)).toEqual(right);
    expect(await verify()).toMatchObject({ ok: true, checkedBy: 'pieces' });
  });
});
