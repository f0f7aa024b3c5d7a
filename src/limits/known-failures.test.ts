import { expect, it } from 'vitest';
import { storeContextOf, testStore } from '../../test/support/test-store.ts';
import { ModelError } from '../domain/errors.ts';
import type { StoreContext } from '../store/context.ts';
import { KnownFailures } from './known-failures.ts';
import { Traffic } from './traffic.ts';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const PLACE = { label: 'http://first.test/m', host: 'first.test', paths: ['a.bin', 'b.bin'] };
const source = (path: string) => ({ backend: { label: PLACE.label, host: PLACE.host }, path });
const iso = (ms: number): string => new Date(NOW + ms).toISOString();
const refused = new ModelError('SOURCE_UNAVAILABLE', 'refused with s3cret', { reason: 'refused' });

async function machine() {
  const { root } = (await testStore()).context.resolver;
  let nowMs = NOW;
  const contextOf = (): StoreContext => {
    const context = storeContextOf(root);
    return { ...context, clock: { ...context.clock, now: () => nowMs, monotonic: () => nowMs } };
  };
  const options = { places: 4, absentTtlMs: 5 * MINUTE, rateLimit: async () => undefined, onShare: () => undefined };
  const failing = async (act: (traffic: Traffic) => void) => {
    const traffic = new Traffic({ store: contextOf(), ...options });
    act(traffic);
    await traffic.close();
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { failing, pass, known: new KnownFailures({ store: contextOf(), absentTtlMs: 5 * MINUTE }) };
}

it('nothing is known of a source that never failed', async () => {
  const { known } = await machine();
  expect(known.of(PLACE)).toEqual([]);
  expect(await known.forget(PLACE)).toBe(0);
});

it('one failure of a host is known until it gives bytes, and holds nobody up', async () => {
  const { known, failing, pass } = await machine();
  await failing((traffic) => traffic.failed(source('a.bin'), { error: refused, isFinal: true }));
  pass(3600_000);
  expect(known.of(PLACE)).toEqual([{ code: 'SOURCE_UNAVAILABLE', reason: 'refused', at: iso(0) }]);
  await failing((traffic) => traffic.served(source('a.bin')));
  expect(known.of(PLACE)).toEqual([]);
});

it('a host that is shut is known with until when, and so is one that asked for patience', async () => {
  const { known, failing, pass } = await machine();
  await failing((traffic) => {
    for (let time = 0; time < 3; time++) traffic.failed(source('a.bin'), { error: refused, isFinal: true });
  });
  expect(known.of(PLACE)).toEqual([{ code: 'SOURCE_UNAVAILABLE', reason: 'refused', at: iso(0), until: iso(30_000) }]);
  pass(60_000);
  const patience = new ModelError('RATE_LIMIT', 'slow down', { details: { retry_after_ms: 7000 } });
  await failing((traffic) => {
    traffic.failed(source('a.bin'), { error: patience, isFinal: false });
    for (let piece = 0; piece < 2; piece++) traffic.served(source('b.bin'));
  });
  expect(known.of(PLACE), 'bytes that were on their way end no pause').toEqual([
    { code: 'RATE_LIMIT', at: iso(60_000), until: iso(67_000) },
  ]);
  pass(7001);
  await failing((traffic) => traffic.served(source('b.bin')));
  expect(known.of(PLACE)).toEqual([]);
});

it('absent files are known one by one, for as long as that holds, and forgotten for all', async () => {
  const { known, failing, pass } = await machine();
  const notFound = new ModelError('SOURCE_UNAVAILABLE', 'not there', { reason: 'not_found', retryable: false });
  await failing((traffic) => {
    for (const path of ['b.bin', 'elsewhere.bin']) traffic.failed(source(path), { error: notFound, isFinal: true });
  });
  const note = { code: 'SOURCE_UNAVAILABLE', reason: 'not_found', file: 'b.bin', at: iso(0), until: iso(5 * MINUTE) };
  expect(known.of(PLACE)).toEqual([note]);
  expect(await known.forget(PLACE)).toBe(1);
  expect(known.of({ ...PLACE, paths: ['b.bin', 'elsewhere.bin'] })).toEqual([{ ...note, file: 'elsewhere.bin' }]);
  pass(5 * MINUTE + 1);
  expect(known.of({ ...PLACE, paths: ['elsewhere.bin'] })).toEqual([]);
});
