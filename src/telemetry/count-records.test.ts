import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { testStore } from '../../test/support/test-store.ts';
import type { Count } from '../domain/metrics.ts';
import { foldCounts, readCounts, writeCounts } from './count-records.ts';

const one = (model: string): Count => ({ metric: 'lock_timeouts_total', labels: [model], values: [1] });

it('a record whose adder was killed before it removed it counts once, for readers and for the next adder', async () => {
  const { context } = await testStore();
  const [directory, aside] = [context.resolver.stateDir('metrics'), join(await tempDir(), 'aside')];
  mkdirSync(aside);
  for (let round = 0; round < 3; round++) await writeCounts(context, [one('a@1.0.0')]);
  const names = readdirSync(directory);
  for (const name of names) copyFileSync(join(directory, name), join(aside, name));
  await foldCounts(context);
  for (const name of names) copyFileSync(join(aside, name), join(directory, name));
  const three = [{ ...one('a@1.0.0'), values: [3] }];
  expect(await readCounts(context)).toEqual(three);
  await foldCounts(context);
  expect(await readCounts(context)).toEqual(three);
  expect(readdirSync(directory)).toEqual(['totals']);
});

it('records are added up when there are many, and one that is torn counts nothing and goes', async () => {
  const { context } = await testStore();
  const directory = context.resolver.stateDir('metrics');
  await writeCounts(context, [one('a@1.0.0')]);
  writeFileSync(join(directory, 'f0000000-0000-4000-8000-000000000000'), '{"schema":"wan.metrics/v1","cou');
  for (let round = 0; round < 40; round++) await writeCounts(context, [one('a@1.0.0'), one('b@1.0.0')]);
  expect(readdirSync(directory).length).toBeLessThan(20);
  expect((await readCounts(context)).map(({ labels, values }) => [...labels, ...values])).toEqual([
    ['a@1.0.0', 41],
    ['b@1.0.0', 40],
  ]);
});

it('to read changes nothing, also where nothing was ever counted', async () => {
  const { context } = await testStore();
  const before = readdirSync(context.resolver.root, { recursive: true });
  expect(await readCounts(context)).toEqual([]);
  expect(readdirSync(context.resolver.root, { recursive: true })).toEqual(before);
});

it('a reader that meets somebody who adds up is told all the same', async () => {
  const { context } = await testStore();
  const [directory, aside] = [context.resolver.stateDir('metrics'), join(await tempDir(), 'aside')];
  for (let round = 0; round < 3; round++) await writeCounts(context, [one('a@1.0.0')]);
  cpSync(directory, aside, { recursive: true });
  await foldCounts(context);
  const totals = readFileSync(join(directory, 'totals'));
  rmSync(directory, { recursive: true });
  cpSync(aside, directory, { recursive: true });
  // The reader has seen that there are no totals; when it asks for the records, they have just been added up.
  let isMet = false;
  const resolver = new Proxy(context.resolver, {
    get: (target, name) => {
      if (name === 'stateDir' && !isMet) {
        isMet = true;
        for (const record of readdirSync(directory)) rmSync(join(directory, record));
        writeFileSync(join(directory, 'totals'), totals);
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  expect((await readCounts({ ...context, resolver })).map(({ values }) => values)).toEqual([[3]]);
  expect(isMet).toBe(true);
});
