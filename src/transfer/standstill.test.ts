import { expect, it, onTestFinished } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { serve, TransferBench } from '../../test/support/transfer-bench.ts';
import { systemClock, systemRandom } from '../util/system-world.ts';
import { FileState } from './file-state.ts';
import { FileTransfer } from './file-transfer.ts';
import type { Lane } from './lane.ts';
import { LaneBalance } from './lane-balance.ts';
import { LanePool } from './lane-pool.ts';
import { Scheduler } from './scheduler.ts';
import { Standstill } from './standstill.ts';
import { TokenBucket } from './token-bucket.ts';

const content = seeded(600_000, 5);
const sha256 = sha256Hex(content);
const NOBODY = 4711;

/** Transfers by one scheduler, whose states can be got at. */
async function engineParts() {
  const bench = await TransferBench.create();
  const server = await serve({ files: { a: content } });
  const pool = new LanePool({ limit: new TokenBucket().buffer, bufferBytes: 65_536, workers: 0 });
  onTestFinished(() => pool.close());
  const limits = { connections: 4, perHostConnections: 4, monotonicMs: () => systemClock.monotonic(), isRateLimited: () => false };
  const scheduler = new Scheduler({ ...limits, standstillLooks: 5 });
  const world = {
    clock: systemClock,
    random: systemRandom,
    retry: { attempts: 2, backoffFactor: 1 },
    stallTimeoutMs: 1000,
    mayClone: false,
  };
  const places = { scheduler, pool, lanes: [pool.main], balance: new LaneBalance<Lane>(() => false), traffic: undefined };
  return async () => {
    const file = await bench.file({ sizeBytes: content.sizeBytes, sha256, sources: [bench.source(server.url, 'a')] });
    const signal = new AbortController().signal;
    const state = new FileState(file, { fileId: pool.nextId(), hashLane: pool.main, isJoint: false, signal });
    return { state, transfer: new FileTransfer({ ...world, ...places, state }) };
  };
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
