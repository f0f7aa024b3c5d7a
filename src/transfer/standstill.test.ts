import { expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { serve, TransferBench } from '../../test/support/transfer-bench.ts';
import { inlinePool, transferParts } from '../../test/support/transfer-parts.ts';
import { FrontierCell } from './frontier-cell.ts';
import { LaneLoad } from './lane-load.ts';
import { HashWatch, Standstill } from './standstill.ts';

const content = seeded(600_000, 5);
const sha256 = sha256Hex(content);
const NOBODY = 4711;

async function engineParts() {
  const bench = await TransferBench.create();
  const server = await serve({ files: { a: content } });
  const transferOf = transferParts({ pool: inlinePool() });
  return async () => transferOf(await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] }));
}

it('a file whose first piece is claimed by nobody that runs fails with what was known, and does not wait for ever', async () => {
  const make = await engineParts();
  const { state, transfer } = await make();
  Atomics.store(state.claims, 0, NOBODY);
  await expect(transfer.run()).rejects.toMatchObject({
    code: 'INTERNAL',
    reason: 'standstill',
    details: { held_bytes: 0, claims: [{ piece: 0, range: NOBODY }], ranges: [], sources: [{ ready: true, lead: true }] },
  });
});

it('and keeps no other file from its bytes meanwhile', async () => {
  const make = await engineParts();
  const [stuck, other] = [await make(), await make()];
  Atomics.store(stuck.state.claims, 0, NOBODY);
  const failing = expect(stuck.transfer.run()).rejects.toMatchObject({ reason: 'standstill' });
  expect(await other.transfer.run()).toMatchObject({ sha256 });
  await failing;
});

it('what could go on in between is no standstill', () => {
  const [standstill, file] = [new Standstill(3), {}];
  const looks = [false, false, true, false, false, false].map((mayGoOn) => standstill.isReached(file, mayGoOn));
  expect(looks).toEqual([false, false, false, false, false, true]);
});

it('a hash stands still where its thread has turns and it takes none: a thread that is stuck says nothing of it', () => {
  const [cell, load] = [new FrontierCell(), new LaneLoad()];
  const turns = new Int32Array(load.buffer);
  const watch = new HashWatch({ cell, hashLane: { load } }, 3);
  const afterTurns = (count: number): boolean => {
    Atomics.add(turns, 1, count);
    return watch.isStill();
  };
  expect([0, 0, 0, 0, 0].map(afterTurns)).toEqual([false, false, false, false, false]);
  expect([1, 1].map(afterTurns)).toEqual([false, false]);
  cell.publish(10);
  expect([1, 1, 1, 1].map(afterTurns)).toEqual([false, false, false, true]);
  // This thread stood still meanwhile, and has not heard yet what the other one did.
  cell.publish(20);
  expect([1, 100].map(afterTurns)).toEqual([false, false]);
});
