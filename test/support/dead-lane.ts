/** A transfer thread that has died, for tests of who notices. */
import { onTestFinished } from 'vitest';
import type { ModelError } from '../../src/domain/errors.ts';
import type { Lane } from '../../src/transfer/lane.ts';
import { LanePool } from '../../src/transfer/lane-pool.ts';
import { TokenBucket } from '../../src/transfer/token-bucket.ts';

export interface DeadLane {
  readonly pool: LanePool;
  readonly lane: Lane;
}

/** It died of an order that no lane knows what to do with. */
export async function poolWithDeadLane(): Promise<DeadLane> {
  const pool = new LanePool({ limit: new TokenBucket().buffer, bufferBytes: 65_536, workers: 1 });
  onTestFinished(() => pool.close());
  const [lane = pool.main] = pool.bulk();
  const death = Promise.withResolvers<ModelError>();
  const id = pool.nextId();
  pool.listen(id, lane, { onLaneEvent: () => undefined, onLaneDeath: death.resolve });
  lane.post({ type: 'hash.open' } as never);
  await death.promise;
  pool.unlisten(id);
  return { pool, lane };
}
