import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type TestStore, testStore } from '../../test/support/test-store.ts';
import { reapLiving } from './living-records.ts';
import { NOTHING_PROMISED, promisedSpace, reserve } from './reservations.ts';

const filesOf = ({ context }: TestStore): string[] => readdirSync(context.resolver.stateDir('reservations'));

it('live reservations add up, by family too; what landed is promised no more', async () => {
  const { context } = await testStore();
  const first = await reserve(context, { bytes: 1000, families: { wan22: 700 } });
  const second = await reserve(context, { bytes: 500, families: { wan22: 100, other: 50 } });
  expect(await promisedSpace(context)).toEqual({ bytes: 1500, families: { wan22: 800, other: 50 } });
  first.update(400);
  expect(await promisedSpace(context)).toEqual({ bytes: 900, families: { wan22: 800, other: 50 } });
  await first.end();
  await second.end();
  expect(await promisedSpace(context)).toEqual(NOTHING_PROMISED);
});

it('a part that is given away is promised no more, and never less than nothing', async () => {
  const { context } = await testStore();
  const whole = await reserve(context, { bytes: 1000, families: { wan22: 700 } });
  whole.give({ bytes: 400, families: { wan22: 300, unknown: 9 } });
  expect(await promisedSpace(context)).toEqual({ bytes: 600, families: { wan22: 400 } });
  whole.update(100);
  expect(await promisedSpace(context)).toEqual({ bytes: 100, families: { wan22: 400 } });
  whole.give({ bytes: 4000, families: { wan22: 9999 } });
  expect(await promisedSpace(context)).toEqual({ bytes: 0, families: { wan22: 0 } });
  await whole.end();
});

it('one of a dead owner promises nothing, and goes when somebody tidies up; a live one stays', async () => {
  const store = await testStore();
  const { context } = store;
  const live = await reserve(context, { bytes: 10, families: {} });
  writeFileSync(context.resolver.stateFile('reservations', '01234567-dead'), '0000000000005000');
  expect(await promisedSpace(context)).toEqual({ bytes: 10, families: {} });
  expect(filesOf(store)).toHaveLength(2);
  await reapLiving(context, 'reservations');
  expect(filesOf(store)).toHaveLength(1);
  expect((await promisedSpace(context)).bytes).toBe(10);
  await live.end();
});

it('a torn one still promises its bytes', async () => {
  const store = await testStore();
  const live = await reserve(store.context, { bytes: 10, families: { wan22: 5 } });
  const [name = ''] = filesOf(store);
  truncateSync(store.context.resolver.stateFile('reservations', name), 20);
  expect(await promisedSpace(store.context)).toEqual({ bytes: 10, families: {} });
  await live.end();
});
