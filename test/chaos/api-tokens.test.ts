import { expect, it } from 'vitest';
import { modelFixture } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';
import { traced } from './traced.ts';

describeWithReal('a token of the service, read from a trace of the kernel calls', {
  needs: ['strace'],
  suite: () => {
    it('is safe before it is shown, and gone for good before that is said', async () => {
      const world = await modelFixture({ files: { 'a.bin': 'bytes' } });
      for (const [args, change] of [
        [['create', 'gateway'], /^rename/],
        [['revoke', 'gateway'], /^unlink/],
      ] as const) {
        const { code, calls, stderr } = await traced(world, ['auth', 'token', ...args]);
        expect(code, stderr).toBe(0);
        const changed = calls.find(({ name, args: of }) => change.test(name) && of.includes('/api-tokens/'));
        const synced = calls.find(
          ({ name, args: of, begun }) => name === 'fsync' && of.endsWith('/api-tokens>') && begun > (changed?.ended ?? Infinity),
        );
        const told = calls.find(({ name, args: of }) => name === 'write' && of.startsWith('1<'));
        expect([changed, synced, told].every((call) => call !== undefined)).toBe(true);
        expect(synced?.ended).toBeLessThan(told?.begun ?? 0);
      }
    });
  },
});
