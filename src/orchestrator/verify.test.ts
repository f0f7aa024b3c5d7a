import { hash } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { flipBit } from '../../test/support/flip-bit.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { sha256Of } from '../domain/digest.ts';
import type { ModelEvent } from '../domain/events.ts';
import { CorruptMarks } from '../store/corrupt-marks.ts';
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

describe('a bad file is told, and its digest is not marked,', () => {
  async function badCopy() {
    const world = await modelFixture({ files: { 'w.bin': 'right' } });
    const orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    const path = join(world.modelDir(), 'w.bin');
    rmSync(path);
    writeFileSync(path, 'wrong');
    const store = storeContextOf(world.modelsRoot);
    const digest = sha256Of(hash('sha256', 'right'));
    const marks = () => [...new CorruptMarks(store).all()];
    return { orchestrator, path, store, digest, marks };
  }

  it('where it was healed since it was read', async () => {
    const { orchestrator, path, store, digest, marks } = await badCopy();
    const onEvent = ({ type }: { readonly type: string }): void => {
      if (type !== 'verify.progress') return;
      linkSync(store.resolver.blobPath(digest), `${path}.new`);
      renameSync(`${path}.new`, path);
    };
    expect(await orchestrator.verifyIntegrity(MODEL, { onEvent })).toMatchObject({ ok: false, files: [{ fault: 'digest' }] });
    expect(marks()).toEqual([]);
  });

  it('where somebody is at work on that digest; afterwards it is', async () => {
    const { orchestrator, store, digest, marks } = await badCopy();
    const lease = await store.locks.tryAcquire(store.resolver.blobLock(digest), { doing: 'a test' });
    const warnings: string[] = [];
    const onEvent = (event: ModelEvent): void => {
      if (event.type === 'warning') warnings.push(event.code);
    };
    expect((await orchestrator.verifyIntegrity(MODEL, { onEvent })).ok).toBe(false);
    expect([warnings, marks()]).toEqual([['corrupt_mark_not_written'], []]);
    await lease?.release();
    expect((await orchestrator.verifyIntegrity(MODEL)).ok).toBe(false);
    expect(marks()).toEqual([digest]);
  });
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

describe('part of a model', () => {
  it('is each file exactly once over all parts, and the same files each time', async () => {
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}.bin`, `content ${index}`]));
    const world = await modelFixture({ files });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    const parts = async () => {
      const reports = [1, 2, 3].map((part) => orchestrator.verifyIntegrity(MODEL, { subset: { part, of: 3 } }));
      return (await Promise.all(reports)).map((report) => report.files.map(({ path }) => path));
    };
    const first = await parts();
    expect(first.flat().sort()).toEqual(Object.keys(files).sort());
    expect(first.every((paths) => paths.length > 0)).toBe(true);
    expect(await parts()).toEqual(first);
  });
});

describe('a deep verification', () => {
  const weights = (name: string): Buffer => {
    const header = Buffer.from(JSON.stringify({ [name]: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, header, Buffer.alloc(4)]);
  };
  const index = (shard: string) => JSON.stringify({ weight_map: { a: shard } });

  it('reads headers and indexes, and says what right bytes lack', async () => {
    const files = {
      'good/m-00001-of-00001.safetensors': weights('a'),
      'good/m.safetensors.index.json': index('m-00001-of-00001.safetensors'),
      'other/m-00001-of-00001.safetensors': weights('b'),
      'other/m.safetensors.index.json': index('m-00001-of-00001.safetensors'),
      'bad.safetensors': 'no weights at all',
    };
    const world = await modelFixture({ files });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    expect(await orchestrator.verifyIntegrity(MODEL)).toMatchObject({ ok: true, formatFaults: [] });
    const report = await orchestrator.verifyIntegrity(MODEL, { deep: true });
    expect(report.files.every(({ ok }) => ok)).toBe(true);
    expect(report.ok).toBe(false);
    expect(report.formatFaults.map(({ path, reason }) => [path, reason])).toEqual([
      ['bad.safetensors', 'header_too_large'],
      ['other/m.safetensors.index.json', 'tensor_not_in_shard'],
    ]);
    const ran = await world.cli(['models', 'verify', MODEL, '--deep', '--json']);
    expect([ran.code, ran.json().error.code]).toEqual([5, 'FORMAT_INVALID']);
  });

  it('hashes whole files that others check by their pieces', async () => {
    const content = seeded(LEAF_BYTES + 5, 4);
    const world = await modelFixture({ files: { 'big.bin': content } });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    await orchestrator.verifyIntegrity(MODEL);
    expect((await orchestrator.verifyIntegrity(MODEL)).files[0]).toMatchObject({ checkedBy: 'pieces' });
    expect((await orchestrator.verifyIntegrity(MODEL, { deep: true })).files[0]).toMatchObject({ ok: true, checkedBy: 'sha256' });
  });
});

describe('a verification that is killed', () => {
  const MIB = 1024 * 1024;
  const files = Object.fromEntries([1, 2, 3, 4].map((seed) => [`f${seed}.bin`, seeded(6 * MIB, seed)]));

  async function killedOnce() {
    const world = await modelFixture({ files });
    await (await world.orchestrator()).ensure(MODEL);
    const { child, ended } = world.start(['models', 'verify', MODEL, '--limit-rate', '4M']);
    const state = join(world.modelsRoot, '.state', 'verify');
    while (!existsSync(state) || readdirSync(state).length === 0) await sleep(20);
    child.kill('SIGKILL');
    await ended;
    return { world, state };
  }

  it('goes on where it was: what was read is not read again, and what was changed since is', async () => {
    const { world, state } = await killedOnce();
    const [record = ''] = readdirSync(state);
    const done = (JSON.parse(readFileSync(join(state, record), 'utf8')) as { files: { path: string }[] }).files.map(({ path }) => path);
    expect(done.length).toBeGreaterThan(0);
    const [changed = ''] = done;
    flipBit(join(world.modelDir(), changed), 5);
    const ran = await world.cli(['models', 'verify', MODEL, '--resume', '--json']);
    const [result] = ran.json<{ data: { results: [{ files: { path: string; ok: boolean; earlier?: true }[] }] } }>().data.results;
    expect(ran.code).toBe(5);
    expect(result.files.filter(({ earlier }) => earlier).map(({ path }) => path)).toEqual(done.slice(1));
    expect(result.files.filter(({ ok }) => !ok).map(({ path }) => path)).toEqual([changed]);
    expect(readdirSync(state)).toEqual([]);
  });
});
