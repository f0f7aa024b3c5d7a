import { expect, it } from 'vitest';
import type { ModelError } from '../domain/errors.ts';
import { LanePool } from './lane-pool.ts';
import { TokenBucket } from './token-bucket.ts';

/** Its one worker dies of an order that no lane knows what to do with. */
async function poolWithDeadLane() {
  const pool = new LanePool({ limit: new TokenBucket().buffer, bufferBytes: 65_536, workers: 1 });
  const [lane = pool.main] = pool.bulk();
  const death = Promise.withResolvers<ModelError>();
  pool.listen(1, lane, { onLaneEvent: () => undefined, onLaneDeath: death.resolve });
  lane.post({ type: 'hash.open' } as never);
  await death.promise;
  pool.unlisten(1);
  return { pool, lane };
}

it('who begins on a lane that died before hears of it, and does not wait for ever', async () => {
  const { pool, lane } = await poolWithDeadLane();
  const death = Promise.withResolvers<ModelError>();
  pool.listen(2, lane, { onLaneEvent: () => undefined, onLaneDeath: death.resolve });
  expect(await death.promise).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('a transfer thread has stopped') });
  await pool.close();
});

it('a lane that died is replaced for what begins after it', async () => {
  const { pool, lane } = await poolWithDeadLane();
  const [fresh] = pool.bulk();
  expect(fresh).not.toBe(lane);
  await pool.close();
});
