import { readdirSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { storeContextOf, testStore } from '../../test/support/test-store.ts';
import { checkInvariants } from '../store/check-invariants.ts';
import { RateShare } from './rate-share.ts';

const PATIENT = { timeout: 20_000 };

async function machine(limit: { bytesPerSecond: number | undefined }) {
  const { context } = await testStore();
  const faults: unknown[] = [];
  const begin = () => {
    const shares: (number | undefined)[] = [];
    const share = new RateShare({
      store: storeContextOf(context.resolver.root),
      limit: async () => limit.bytesPerSecond,
      onShare: (bytesPerSecond) => shares.push(bytesPerSecond),
      onFault: (error) => faults.push(error),
    });
    return { share, now: () => shares.at(-1), shares };
  };
  return { context, begin, faults };
}

describe('the shares of one bandwidth limit', () => {
  it('are even, change as processes come and go, and leave nothing behind', async () => {
    const { context, begin, faults } = await machine({ bytesPerSecond: 30_000 });
    const [one, two, three] = [begin(), begin(), begin()];
    await one.share.enter();
    expect(one.now()).toBe(30_000);
    await two.share.enter();
    expect(two.now()).toBe(15_000);
    await vi.waitFor(() => expect(one.now()).toBe(15_000), PATIENT);
    await three.share.enter();
    await vi.waitFor(() => expect([one, two, three].map(({ now }) => now())).toEqual([10_000, 10_000, 10_000]), PATIENT);
    two.share.leave();
    await three.share.close();
    await vi.waitFor(() => expect(one.now()).toBe(30_000), PATIENT);
    await Promise.all([one, two].map(({ share }) => share.close()));
    expect(readdirSync(context.resolver.stateDir('rates'))).toEqual([]);
    expect(faults).toEqual([]);
    expect(await checkInvariants(context)).toEqual([]);
  });

  it('follow a limit that changes, and end with it', async () => {
    const limit: { bytesPerSecond: number | undefined } = { bytesPerSecond: undefined };
    const { context, begin } = await machine(limit);
    const one = begin();
    await one.share.enter();
    expect(one.shares).toEqual([]);
    limit.bytesPerSecond = 5000;
    await vi.waitFor(() => expect(one.now()).toBe(5000), PATIENT);
    limit.bytesPerSecond = undefined;
    await vi.waitFor(() => expect(one.shares).toEqual([5000, undefined]), PATIENT);
    expect(readdirSync(context.resolver.stateDir('rates'))).toEqual([]);
    await one.share.close();
  });

  it('keep the file of a process at work visible to checkInvariants', async () => {
    const { context, begin } = await machine({ bytesPerSecond: 5000 });
    const one = begin();
    await one.share.enter();
    expect(await checkInvariants(context)).toMatchObject([{ invariant: 9, path: expect.stringMatching(/^\.state\/rates\//) }]);
    await one.share.close();
  });
});
