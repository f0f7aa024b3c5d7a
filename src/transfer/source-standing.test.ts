import { describe, expect, it } from 'vitest';
import { TransferBench } from '../../test/support/transfer-bench.ts';
import type { Attempt } from '../domain/errors.ts';
import { systemRandom } from '../util/system-world.ts';
import { FileState } from './file-state.ts';
import { LanePool } from './lane-pool.ts';
import { Scheduler } from './scheduler.ts';
import { SourceStanding } from './source-standing.ts';
import { SourceTries } from './source-tries.ts';
import { TokenBucket } from './token-bucket.ts';

const SOURCE = 'http://far.test';

async function standingOf(): Promise<{ readonly standing: SourceStanding; readonly attempts: Attempt[] }> {
  const bench = await TransferBench.create();
  const source = bench.source(SOURCE, 'a');
  const file = await bench.file({ sizeBytes: 1, sha256: 'a'.repeat(64), sources: [source] });
  const pool = new LanePool({ limit: new TokenBucket().buffer, bufferBytes: 1, workers: 0 });
  const monotonicMs = () => 0;
  const scheduler = new Scheduler({ connections: 1, perHostConnections: 1, monotonicMs, isRateLimited: () => false });
  const retry = { attempts: 3, backoffFactor: 2 };
  const tries = new SourceTries({ retry, random: systemRandom, monotonicMs, hasAlternative: true, wake: () => undefined });
  const attempts: Attempt[] = [];
  const state = new FileState(file, { fileId: 1, hashLane: pool.main, isJoint: false, signal: file.signal });
  const onAttempt = (attempt: Attempt) => attempts.push(attempt);
  return { standing: new SourceStanding({ state, source, scheduler, tries, traffic: undefined, onAttempt }), attempts };
}

describe('a source that fell silent', () => {
  it('rests for five seconds, then until one range has shown that it is well, and longer each time that it has not', async () => {
    const { standing } = await standingOf();
    expect(standing.isResting(0, [])).toBe(false);
    standing.fellSilent({ nowMs: 2000, silentMs: 2100 });
    expect([standing.isResting(6900, []), standing.isResting(7000, [])]).toEqual([true, false]);
    expect(standing.isResting(7100, [{ begunMs: 7000 }])).toBe(true);
    standing.fellSilent({ nowMs: 9000, silentMs: 2000 });
    expect([standing.isResting(18_900, []), standing.isResting(19_000, [])]).toEqual([true, false]);
  });

  it('is cleared by a range that began afterwards, not by one that was under way', async () => {
    const { standing } = await standingOf();
    standing.fellSilent({ nowMs: 2000, silentMs: 2100 });
    standing.helped(1900);
    expect(standing.wasSilent).toBe(true);
    standing.helped(7000);
    expect(standing.wasSilent).toBe(false);
    standing.nameSilent();
    expect(standing.ended).toBeUndefined();
  });

  it('is named with how long it said nothing when the file is complete without it', async () => {
    const { standing, attempts } = await standingOf();
    standing.fellSilent({ nowMs: 2000, silentMs: 2100 });
    standing.fellSilent({ nowMs: 2500, silentMs: 2600 });
    standing.nameSilent();
    expect(standing.ended).toMatchObject({ kind: 'set-aside', helped: false, error: { reason: 'stalled' } });
    expect(attempts).toEqual([expect.objectContaining({ source: SOURCE, message: `${SOURCE} sent nothing for 2.6 s` })]);
  });
});
