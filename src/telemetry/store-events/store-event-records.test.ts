import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { storeContextOf, testStore } from '../../../test/support/test-store.ts';
import type { StoreEventDraft } from '../../domain/store-events.ts';
import { KEPT_EVENTS, newestStoreEvent, storeEventsSince, writeStoreEvents } from './store-event-records.ts';

const draft = (model: string): StoreEventDraft => ({
  ...{ type: 'model.pinned', time: '2026-03-01T12:00:00.000Z', model, correlation_id: 'c', via: 'cli', data: {} },
});

it('events of many writers at once have numbers without gaps, and none is lost', async () => {
  const { context } = await testStore();
  const writers = Array.from({ length: 8 }, () => storeContextOf(context.resolver.root));
  await Promise.all(writers.map((one, at) => writeStoreEvents(one, [draft(`a${at}`), draft(`b${at}`)])));
  const { events, seq, missed } = storeEventsSince(context, 0);
  expect(events.map((event) => event.seq)).toEqual(Array.from({ length: 16 }, (_, at) => at + 1));
  expect(new Set(events.map(({ model }) => model)).size).toBe(16);
  expect([seq, missed, newestStoreEvent(context)]).toEqual([16, 0, 16]);
  expect(storeEventsSince(context, 14).events.map((event) => event.seq)).toEqual([15, 16]);
});

it('only the last ones stay, numbers go on, and who comes late learns how many it has missed', async () => {
  const { context } = await testStore();
  const directory = context.resolver.stateDir('events');
  await writeStoreEvents(context, [draft('a')]);
  for (let seq = 2; seq <= KEPT_EVENTS + 60; seq++) writeFileSync(join(directory, String(seq).padStart(12, '0')), '');
  await writeStoreEvents(context, [draft('b')]);
  expect(readdirSync(directory).length).toBeLessThanOrEqual(KEPT_EVENTS + 1);
  const { events, seq, missed } = storeEventsSince(context, 10);
  expect(events.map(({ model }) => model)).toEqual(['b']);
  expect([seq, missed]).toEqual([KEPT_EVENTS + 61, 50]);
});

it('there are none where nothing happened, and what is torn is told to nobody', async () => {
  const { context } = await testStore();
  expect(storeEventsSince(context, 0)).toEqual({ events: [], seq: 0, missed: 0 });
  await writeStoreEvents(context, [draft('a'), draft('b')]);
  writeFileSync(join(context.resolver.stateDir('events'), '000000000001'), '{"schema":"wan.sto');
  expect(storeEventsSince(context, 0).events.map(({ model }) => model)).toEqual(['b']);
  rmSync(context.resolver.stateDir('events'), { recursive: true });
  expect(storeEventsSince(context, 2)).toEqual({ events: [], seq: 2, missed: 0 });
  await writeStoreEvents(context, [draft('c')]);
  expect(storeEventsSince(context, 2).events.map(({ model }) => model)).toEqual(['c']);
});
