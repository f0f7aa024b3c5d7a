import { expect, it } from 'vitest';
import { describeWithReal } from '../support/real-server.ts';
import { sweepDiskFaults } from './disk-faults.ts';

describeWithReal('a disk that refuses', {
  needs: ['strace'],
  suite: () => {
    it('at any call of a first ensure: the right exit status, nothing false on disk, and the next ensure completes', async () => {
      const { met, failures } = await sweepDiskFaults();
      expect(failures).toEqual([]);
      expect(met).toBeGreaterThan(200);
    });
  },
});
