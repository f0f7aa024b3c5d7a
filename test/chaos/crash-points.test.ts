import { expect, it } from 'vitest';
import { describeWithReal } from '../support/real-server.ts';
import { type CrashPoint, sweepCrashPoints } from './crash-points.ts';
import { SCENARIOS } from './crash-scenarios.ts';
import { type DiskFault, sweepDiskFaults } from './disk-faults.ts';

/** So many of them, evenly spread; crash-points.long.test.ts and disk-faults.long.test.ts go through all. */
const some =
  (count: number) =>
  <T>(all: readonly T[]): readonly T[] =>
    all.filter((_, index) => index % Math.ceil(all.length / count) === 0);

/** One of each kind of call, those that put something in its place first. */
const PLACING = ['renameat2', 'rename', 'link', 'unlink', 'rmdir'];
const placing = (points: readonly CrashPoint[]): readonly CrashPoint[] => some(3)(points.filter(({ name }) => PLACING.includes(name)));

describeWithReal('a sample of stops and refusals', {
  needs: ['strace'],
  suite: () => {
    it('a first ensure, stopped at calls that change the disk', async () => {
      const { kills, failures } = await sweepCrashPoints(SCENARIOS.cold, { choose: some(8) });
      expect(failures).toEqual([]);
      expect(kills).toBeGreaterThan(5);
    });

    it.each([
      SCENARIOS.learning,
      SCENARIOS.growing,
      SCENARIOS.twoRenames,
      SCENARIOS.healing,
      SCENARIOS.repairing,
      SCENARIOS.rebuilding,
      SCENARIOS.adopting,
      SCENARIOS.removing,
      SCENARIOS.toTier,
      SCENARIOS.outOfTier,
      SCENARIOS.renewing,
      SCENARIOS.trashing,
      SCENARIOS.purging,
      SCENARIOS.applying,
    ])('$name, stopped where something is put in its place', async (scenario) => {
      const { kills, failures } = await sweepCrashPoints(scenario, { choose: placing });
      expect(failures).toEqual([]);
      expect(kills).toBeGreaterThan(0);
    });

    it('a first ensure on a disk that refuses an fsync, a rename or a write', async () => {
      const choose = (faults: readonly DiskFault[]) => some(10)(faults.filter(({ name }) => ['fsync', 'rename', 'write'].includes(name)));
      const { met, failures } = await sweepDiskFaults({ choose });
      expect(failures).toEqual([]);
      expect(met).toBeGreaterThan(3);
    });
  },
});
