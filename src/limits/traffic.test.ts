import { readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeContextOf, testStore } from '../../test/support/test-store.ts';
import { ModelError } from '../domain/errors.ts';
import type { EventBody } from '../domain/events.ts';
import type { AskedSource } from '../domain/traffic.ts';
import { checkInvariants } from '../store/check-invariants.ts';
import type { StoreContext } from '../store/context.ts';
import { Traffic } from './traffic.ts';

const MINUTE = 60_000;
const source = (host: string | undefined, path = 'a.bin'): AskedSource => ({
  backend: { label: host === undefined ? 'local:///a' : `http://${host}/m`, ...(host !== undefined && { host }) },
  path,
});
const [first, second, here] = [source('first.test'), source('second.test:81'), source(undefined)];
const notFound = new ModelError('SOURCE_UNAVAILABLE', 'not there', { reason: 'not_found', retryable: false });
const refused = new ModelError('SOURCE_UNAVAILABLE', 'refused', { reason: 'refused' });
const rateLimit = (ms: number): ModelError => new ModelError('RATE_LIMIT', 'slow down', { details: { retry_after_ms: ms } });

/** Processes on one root whose clock is ours. */
async function machine() {
  const { root } = (await testStore()).context.resolver;
  let nowMs = 1_800_000_000_000;
  const contextOf = (): StoreContext => {
    const context = storeContextOf(root);
    return { ...context, clock: { ...context.clock, now: () => nowMs, monotonic: () => nowMs } };
  };
  const begin = (absentTtlMs = 5 * MINUTE): Traffic =>
    new Traffic({
      store: contextOf(),
      places: 4,
      absentTtlMs,
      rateLimit: async () => undefined,
      onShare: () => undefined,
    });
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { context: contextOf(), begin, pass };
}

const order = (traffic: Traffic, sources = [first, second], fresh = false): readonly AskedSource[] => traffic.order(sources, { fresh });

describe('a source that has not got a file', () => {
  it('is asked for it last, by every process, until the time is over', async () => {
    const { begin, pass, context } = await machine();
    const one = begin();
    one.failed(first, { error: notFound, isFinal: true });
    await one.close();
    const two = begin();
    expect(order(two)).toEqual([second, first]);
    expect(order(two, [source('first.test', 'b.bin'), second])[0]).toMatchObject({ path: 'b.bin' });
    pass(5 * MINUTE + 1);
    expect(order(two)).toEqual([first, second]);
    expect(await checkInvariants(context)).toEqual([]);
  });

  it('is asked in its turn where that is wanted, or nothing is to be remembered', async () => {
    const { begin } = await machine();
    const one = begin();
    one.failed(first, { error: notFound, isFinal: true });
    await one.close();
    expect(order(begin(), [first, second], true)).toEqual([first, second]);
    expect(order(begin(0))).toEqual([first, second]);
  });

  it('is never left out: alone it stays, and those that are all without it keep their order', async () => {
    const { begin } = await machine();
    const one = begin();
    for (const without of [first, second]) one.failed(without, { error: notFound, isFinal: true });
    await one.close();
    expect(order(begin(), [first])).toEqual([first]);
    expect(order(begin())).toEqual([first, second]);
  });

  it('may let us in soon: a refusal is remembered for a minute', async () => {
    const { begin, pass } = await machine();
    const one = begin();
    one.failed(first, { error: new ModelError('AUTH_FAIL', 'no'), isFinal: true });
    await one.close();
    expect(order(one)).toEqual([second, first]);
    pass(MINUTE + 1);
    expect(order(one)).toEqual([first, second]);
  });

  it('is not remembered where it is this machine, or one file with a URL of its own', async () => {
    const { begin, context } = await machine();
    const one = begin();
    for (const where of [here, source('first.test', '')]) one.failed(where, { error: notFound, isFinal: true });
    await one.close();
    expect(() => readdirSync(context.resolver.stateDir('absent'))).toThrow('ENOENT');
  });
});

describe('a host that fails again and again', () => {
  const fail = (traffic: Traffic, times: number) => {
    for (let time = 0; time < times; time++) traffic.failed(first, { error: refused, isFinal: true });
  };

  it('comes last for every process, is tried again by one, and comes back', async () => {
    const { begin, pass, context } = await machine();
    const [one, two] = [begin(), begin()];
    fail(one, 2);
    expect(order(one)).toEqual([first, second]);
    fail(one, 1);
    await one.close();
    expect(order(one)).toEqual([second, first]);
    expect(order(begin())).toEqual([second, first]);
    pass(30_001);
    expect(order(two)).toEqual([first, second]);
    await two.close();
    expect(order(begin())).toEqual([second, first]);
    two.served(first);
    await two.close();
    expect(order(begin())).toEqual([first, second]);
    expect(await checkInvariants(context)).toEqual([]);
  });

  it('stays away longer each time that it fails again', async () => {
    const { begin, pass } = await machine();
    const one = begin();
    fail(one, 3);
    await one.close();
    pass(30_001);
    expect(order(one)).toEqual([first, second]);
    fail(one, 1);
    await one.close();
    pass(59_000);
    expect(order(one)).toEqual([second, first]);
    pass(1_001);
    expect(order(one)).toEqual([first, second]);
    await one.close();
  });

  it('is told from one that gives bytes in between, and from tries that are not the last', async () => {
    const { begin } = await machine();
    const one = begin();
    for (let round = 0; round < 3; round++) {
      fail(one, 2);
      one.served(first);
    }
    for (let time = 0; time < 9; time++) one.failed(first, { error: refused, isFinal: false });
    await one.close();
    expect(order(one)).toEqual([first, second]);
  });
});

describe('what cannot be kept', () => {
  it('is told once to who is at work, and fails nothing', async () => {
    const { begin, context } = await machine();
    await mkdir(dirname(context.resolver.stateDir('hosts')), { recursive: true });
    await writeFile(context.resolver.stateDir('hosts'), 'in the way');
    const one = begin();
    const events: EventBody[] = [];
    const leave = await one.enter({ file: 'a.bin', signal: new AbortController().signal, emit: (event) => events.push(event) });
    for (let time = 0; time < 2; time++) one.failed(first, { error: rateLimit(7000), isFinal: false });
    await one.close();
    expect(events).toEqual([expect.objectContaining({ type: 'warning', code: 'PATH_UNSAFE' })]);
    leave();
  });
});

describe('a host that asks for patience', () => {
  it('gets it from every process, for as long as it said', async () => {
    const { begin, pass } = await machine();
    const [one, two] = [begin(), begin()];
    one.failed(first, { error: rateLimit(7000), isFinal: false });
    await one.close();
    expect([one, two].map((traffic) => traffic.isPaused('first.test'))).toEqual([true, true]);
    expect(two.isPaused('second.test:81')).toBe(false);
    pass(7001);
    expect([one, two].map((traffic) => traffic.isPaused('first.test'))).toEqual([false, false]);
  });

  it('gets it after 503 too, but not for what it says beside another refusal', async () => {
    const { begin } = await machine();
    const one = begin();
    const unavailable = (status: number) =>
      new ModelError('SOURCE_UNAVAILABLE', 'later', { reason: 'server_error', details: { http_status: status, retry_after_ms: 7000 } });
    one.failed(second, { error: unavailable(500), isFinal: false });
    one.failed(first, { error: unavailable(503), isFinal: false });
    await one.close();
    const two = begin();
    expect([two.isPaused('first.test'), two.isPaused('second.test:81')]).toEqual([true, false]);
  });

  it('comes last where it wants more than a minute', async () => {
    const { begin, pass } = await machine();
    const one = begin();
    one.failed(first, { error: rateLimit(10 * MINUTE), isFinal: true });
    await one.close();
    expect(one.isPaused('first.test')).toBe(false);
    expect(order(begin())).toEqual([second, first]);
    pass(10 * MINUTE + 1);
    expect(order(begin())).toEqual([first, second]);
  });

  it('cannot hold anybody up by a clock that was set back', async () => {
    const { begin, pass } = await machine();
    const one = begin();
    one.failed(first, { error: rateLimit(7000), isFinal: false });
    await one.close();
    pass(-3_600_000);
    expect(begin().isPaused('first.test')).toBe(false);
  });
});

it('a place goes back where its holder cannot take its share of the bandwidth', async () => {
  const { context } = await machine();
  const broken = async (): Promise<undefined> => {
    throw new Error('no limit can be read');
  };
  const traffic = new Traffic({ store: context, places: 1, absentTtlMs: 0, rateLimit: broken, onShare: () => undefined });
  const { signal } = new AbortController();
  const deaf = () => {
    throw new Error('a listener that fails');
  };
  await expect(traffic.enter({ file: 'a', emit: deaf, signal })).rejects.toThrow('a listener that fails');
  const leave = await traffic.enter({ file: 'b', emit: () => undefined, signal });
  leave();
  await traffic.close();
});
