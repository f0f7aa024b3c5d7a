import { expect, it } from 'vitest';
import { poolWithDeadLane } from '../../test/support/dead-lane.ts';
import type { ModelError } from '../domain/errors.ts';

it('who begins on a lane that died before hears of it, and does not wait for ever', async () => {
  const { pool, lane } = await poolWithDeadLane();
  const death = Promise.withResolvers<ModelError>();
  pool.listen(pool.nextId(), lane, { onLaneEvent: () => undefined, onLaneDeath: death.resolve });
  expect(await death.promise).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('a transfer thread has stopped') });
});

it('a lane that died is replaced for what begins after it', async () => {
  const { pool, lane } = await poolWithDeadLane();
  const [fresh] = pool.bulk();
  expect(fresh).not.toBe(lane);
});
