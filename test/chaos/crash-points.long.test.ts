import { expect, it } from 'vitest';
import { describeWithReal } from '../support/real-server.ts';
import { sweepCrashPoints } from './crash-points.ts';
import { SCENARIOS } from './crash-scenarios.ts';

/** Calls that two threads make at the same count, or whose order changes between runs, may be passed over. */
const MISSED = 0.1;

describeWithReal('stopped at every call that changes the disk', {
  needs: ['strace'],
  suite: () => {
    it.each(Object.values(SCENARIOS))('$name: nothing false is on disk, and the next command mends it', async (scenario) => {
      const { points, kills, missed, failures } = await sweepCrashPoints(scenario);
      expect(failures).toEqual([]);
      expect(kills).toBeGreaterThan((1 - MISSED) * points);
      expect(missed.length, missed.join('\n')).toBeLessThan(Math.max(3, 2 * MISSED * points));
    });
  },
});
