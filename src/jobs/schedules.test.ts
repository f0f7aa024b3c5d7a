import { describe, expect, it } from 'vitest';
import { testStore } from '../../test/support/test-store.ts';
import { checkInvariants } from '../store/check-invariants.ts';
import type { StoreContext } from '../store/context.ts';
import { parseCron } from '../util/cron.ts';
import { type Schedule, Schedules } from './schedules.ts';

const HOUR = 3_600_000;
const START = new Date(2026, 4, 1, 12, 0).getTime();

const at = (text: string): Schedule => {
  const parsed = parseCron(text);
  if ('problems' in parsed) throw new Error(parsed.problems.join());
  return { name: 'gc', times: parsed.value, request: { kind: 'gc' } };
};

/** A root whose clock is ours; each look is that of a new process. */
async function clockedRoot() {
  const { context } = await testStore();
  let nowMs = START;
  const clocked: StoreContext = { ...context, clock: { ...context.clock, now: () => nowMs } };
  const submitted: string[] = [];
  const look = (schedule = at('0 3 * * *'), submit = async (name: string): Promise<unknown> => submitted.push(name)): Promise<void> =>
    new Schedules(clocked, [schedule]).run((_, name) => submit(name));
  return {
    context,
    submitted,
    look,
    pass: (hours: number) => (nowMs += hours * HOUR),
    states: (schedule: Schedule) => new Schedules(clocked, [schedule]).states(),
  };
}

describe('a schedule', () => {
  it('comes at its time, not before, and not when it is first met', async () => {
    const { context, submitted, look, pass } = await clockedRoot();
    await look();
    pass(14);
    await look();
    expect(submitted).toEqual([]);
    pass(1);
    await look();
    await look();
    expect(submitted).toEqual([`gc ${new Date(2026, 4, 2, 3, 0).toISOString()}`]);
    expect(await checkInvariants(context)).toEqual([]);
  });

  it('is made up once for all the times that nobody was there', async () => {
    const { submitted, look, pass } = await clockedRoot();
    await look();
    pass(24 * 10);
    await look();
    await look();
    expect(submitted).toHaveLength(1);
    pass(24);
    await look();
    expect(submitted).toHaveLength(2);
  });

  it('has the same name for the next process where one dies before the time is on record', async () => {
    const { submitted, look, pass } = await clockedRoot();
    await look();
    pass(20);
    const dies = async (name: string): Promise<never> => {
      submitted.push(name);
      throw new Error('killed');
    };
    await expect(look(undefined, dies)).rejects.toThrow('killed');
    pass(1);
    await look();
    expect(submitted).toHaveLength(2);
    expect(new Set(submitted).size).toBe(1);
  });

  it('begins anew where its times are other ones, or the clock was set back', async () => {
    const { submitted, look, pass, states } = await clockedRoot();
    await look();
    pass(20);
    const other = at('0 4 * * *');
    expect(states(other)[0]).not.toHaveProperty('seenAt', expect.any(String));
    await look(other);
    expect(submitted).toEqual([]);
    pass(-24 * 30);
    await look(other);
    await look(other);
    expect(submitted).toEqual([]);
    pass(24);
    await look(other);
    expect(submitted).toHaveLength(1);
  });

  it('that cannot be queued holds up no other', async () => {
    const { context } = await testStore();
    let nowMs = START;
    const clocked: StoreContext = { ...context, clock: { ...context.clock, now: () => nowMs } };
    const schedules = new Schedules(clocked, [at('0 3 * * *'), { ...at('0 3 * * *'), name: 'scrub', request: { kind: 'scrub' } }]);
    const submitted: string[] = [];
    const look = () =>
      schedules.run(async ({ name }) => {
        if (name === 'gc') throw new Error('the queue is full');
        submitted.push(name);
      });
    await look();
    nowMs += 24 * HOUR;
    await expect(look()).rejects.toThrow('the queue is full');
    await expect(look()).rejects.toThrow('the queue is full');
    expect(submitted).toEqual(['scrub']);
  });
});
