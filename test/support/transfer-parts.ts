/** The parts of a transfer engine, put together by hand: for tests that break one of them. */
import { onTestFinished } from 'vitest';
import { FileState } from '../../src/transfer/file-state.ts';
import { FileTransfer } from '../../src/transfer/file-transfer.ts';
import type { Lane } from '../../src/transfer/lane.ts';
import { LaneBalance } from '../../src/transfer/lane-balance.ts';
import { LanePool } from '../../src/transfer/lane-pool.ts';
import { Scheduler } from '../../src/transfer/scheduler.ts';
import { TokenBucket } from '../../src/transfer/token-bucket.ts';
import type { TransferFile } from '../../src/transfer/transfer.ts';
import { systemClock, systemRandom } from '../../src/util/system-world.ts';

export interface BrokenTransfer {
  readonly pool: LanePool;
  readonly state: FileState;
  readonly transfer: FileTransfer;
}

export function inlinePool(): LanePool {
  const pool = new LanePool({ limit: new TokenBucket().buffer, bufferBytes: 65_536, workers: 0 });
  onTestFinished(() => pool.close());
  return pool;
}

/** Transfers by one scheduler. @param standstillLooks see standstill.ts */
export function transferParts({ pool, lane = pool.main, standstillLooks = 5 }: { pool: LanePool; lane?: Lane; standstillLooks?: number }) {
  const limits = { connections: 4, perHostConnections: 4, monotonicMs: () => systemClock.monotonic(), isRateLimited: () => false };
  const scheduler = new Scheduler({ ...limits, standstillLooks });
  const world = {
    clock: systemClock,
    random: systemRandom,
    retry: { attempts: 2, backoffFactor: 1 },
    stallTimeoutMs: 1000,
    mayClone: false,
  };
  const places = { scheduler, pool, lanes: [lane], balance: new LaneBalance<Lane>(() => false), traffic: undefined };
  return (file: TransferFile): BrokenTransfer => {
    const state = new FileState(file, { fileId: pool.nextId(), hashLane: lane, isJoint: false, signal: new AbortController().signal });
    return { pool, state, transfer: new FileTransfer({ ...world, ...places, state }) };
  };
}
