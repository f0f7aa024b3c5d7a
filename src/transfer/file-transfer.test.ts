import { writeSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { poolWithDeadLane } from '../../test/support/dead-lane.ts';
import { digestOf, PIECE, testStore } from '../../test/support/test-store.ts';
import { ModelError } from '../domain/errors.ts';
import type { EventBody } from '../domain/events.ts';
import { PieceMap } from '../store/piece-map.ts';
import { systemClock, systemRandom } from '../util/system-world.ts';
import { FileState } from './file-state.ts';
import { FileTransfer } from './file-transfer.ts';
import type { Lane } from './lane.ts';
import { LaneBalance } from './lane-balance.ts';
import type { LanePool } from './lane-pool.ts';
import { Scheduler } from './scheduler.ts';

const bytes = Buffer.alloc(2 * PIECE, 'a');

/** All pieces of it are held: only the proof is missing. */
async function completeFile(emit: (event: EventBody) => void) {
  const { partials } = await testStore();
  const partial = await partials.open({ key: digestOf(bytes), sizeBytes: bytes.length, pieceBytes: PIECE });
  onTestFinished(() => partial.close());
  writeSync(partial.fd, bytes, 0, bytes.length, 0);
  const map = new PieceMap(partial.pieces);
  for (let piece = 0; piece < map.count; piece++) map.markHeld(piece, partial.sourceIndex('memory://test'));
  return { name: 'a.bin', partial, sources: [], emit, onHeld: () => undefined, signal: new AbortController().signal };
}

interface Scene {
  readonly pool: LanePool;
  readonly lane: Lane;
  readonly onEvent?: (event: EventBody, state: FileState) => void;
}

async function transferOf({ pool, lane: hashLane, onEvent }: Scene): Promise<FileTransfer> {
  const file = await completeFile((event) => onEvent?.(event, state));
  const state = new FileState(file, { fileId: pool.nextId(), hashLane, isJoint: false, signal: new AbortController().signal });
  const scheduler = new Scheduler({ connections: 1, perHostConnections: 1, monotonicMs: () => 0, isRateLimited: () => false });
  const world = {
    clock: systemClock,
    random: systemRandom,
    retry: { attempts: 1, backoffFactor: 1 },
    stallTimeoutMs: 1000,
    mayClone: false,
  };
  const places = { scheduler, pool, lanes: [hashLane], balance: new LaneBalance<Lane>(() => false) };
  return new FileTransfer({ ...world, ...places, traffic: undefined, state });
}

it('a complete file whose hash was begun on a thread that has died fails, and does not wait for ever', async () => {
  const transfer = await transferOf(await poolWithDeadLane());
  await expect(transfer.run()).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringContaining('a transfer thread has stopped'),
  });
});

it('a file whose last sync fails while it is proven is not given out as complete', async () => {
  const { pool } = await poolWithDeadLane();
  const onEvent = (event: EventBody, state: FileState) => {
    if (event.type === 'file.hashed') state.fail(new ModelError('FILESYSTEM_ERROR', 'cannot sync a.bin'));
  };
  const transfer = await transferOf({ pool, lane: pool.main, onEvent });
  await expect(transfer.run()).rejects.toMatchObject({ code: 'FILESYSTEM_ERROR' });
});
