import { mkdirSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { describeOnSmallDisk, smallDisk } from '../../test/support/small-disk.ts';
import { testStore } from '../../test/support/test-store.ts';
import { type LockedFile, openLocked } from '../locks/locked-file.ts';
import { beginLiving, livingRecords } from './living-records.ts';
import { encodeRecord } from './record.ts';

/** A lease that is locked and empty, as right after it was begun. */
async function begunLease() {
  const { context } = await testStore();
  const path = context.resolver.stateFile('leases', context.random.uuid());
  mkdirSync(dirname(path), { recursive: true });
  const lock = (await openLocked(path, { create: true })) as LockedFile;
  onTestFinished(() => lock.close());
  return { path, fd: lock.fd, look: () => livingRecords(context, 'leases') };
}

it('a record that its owner is just writing is read once it is there', async () => {
  const { fd, look } = await begunLease();
  const [found] = await Promise.all([look(), sleep(8).then(() => writeSync(fd, encodeRecord({ pid: 7 }), 0))]);
  expect(found).toEqual([[{ pid: 7 }]]);
});

it('a record that its owner is just ending is none', async () => {
  const { path, look } = await begunLease();
  const [found] = await Promise.all([look(), sleep(8).then(() => rmSync(path))]);
  expect(found).toEqual([]);
});

it('a record that stays empty while its owner lives may be any', async () => {
  const { look } = await begunLease();
  expect(await look()).toEqual([undefined]);
});

describeOnSmallDisk('on a full volume', () => {
  it('of what is added all is there or nothing, and what was there before stays', async () => {
    const { context } = await testStore(await smallDisk(256 * 1024));
    const record = await beginLiving(context, 'intents', { ref: 'a' });
    const ballast = join(context.resolver.root, '..', 'ballast');
    const { bavail, bsize } = statfsSync(context.resolver.root);
    writeFileSync(ballast, Buffer.alloc((bavail - 1) * bsize));
    const more = { text: 'x'.repeat(5 * bsize) };
    await expect(record.add(more)).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect(await livingRecords(context, 'intents')).toEqual([[{ ref: 'a' }]]);
    rmSync(ballast);
    await record.add(more);
    expect(await livingRecords(context, 'intents')).toEqual([[{ ref: 'a' }, more]]);
    await record.end();
  });
});
