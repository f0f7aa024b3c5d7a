import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../util/system-world.ts';
import { tryLockFile, unlockFile } from './kernel-lock.ts';
import { LockManager } from './lock-manager.ts';
import { isFileLocked, openLocked } from './locked-file.ts';

let root: string;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wan-locked-'));
  path = join(root, 'file');
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('a locked file', () => {
  it('is made when asked, and held until it is closed', async () => {
    expect(await openLocked(path, { create: false })).toBeUndefined();
    const file = await openLocked(path, { create: true });
    expect(await openLocked(path, { create: true })).toBeUndefined();
    expect(await isFileLocked(path)).toBe(true);
    file?.close();
    file?.close();
    expect(await isFileLocked(path)).toBe(false);
    (await openLocked(path, { create: false }))?.close();
  });

  it('its content can be read and written by others while it is held', async () => {
    const file = await openLocked(path, { create: true });
    await writeFile(path, 'seen');
    expect(await readFile(path, 'utf8')).toBe('seen');
    file?.close();
  });

  it('knows when its name was taken away', async () => {
    const file = await openLocked(path, { create: true });
    expect(file?.isCurrent()).toBe(true);
    await rm(path);
    expect(file?.isCurrent()).toBe(false);
    file?.close();
  });

  it('unlocked by hand, it is free while still open', async () => {
    const file = await openLocked(path, { create: true });
    if (file === undefined) throw new Error('a new file is free');
    unlockFile(file.fd);
    expect(await isFileLocked(path)).toBe(false);
    expect(tryLockFile(file.fd)).toBe(true);
    expect(await isFileLocked(path)).toBe(true);
    file.close();
  });

  it('a link is refused, not followed', async () => {
    await symlink(join(root, 'target'), path);
    await expect(openLocked(path, { create: true })).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
    await expect(stat(join(root, 'target'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a locked file among processes', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  function start(fixture: string, ...args: string[]): ChildProcess {
    const child = fork(join(import.meta.dirname, 'fixtures', fixture), args, { execArgv: [] });
    children.push(child);
    return child;
  }

  it('owners that remove it under its lock never overlap', async () => {
    const counter = join(root, 'counter');
    await writeFile(counter, '0');
    const owners = Array.from({ length: 4 }, () => start('remove-under-lock.ts', path, counter, '200'));
    expect(await Promise.all(owners.map((owner) => once(owner, 'exit')))).toEqual(Array(4).fill([0, null]));
    expect(await readFile(counter, 'utf8')).toBe('800');
  });

  it('the maker of a new one gets it, though others remove what they find unlocked', async () => {
    const sweeper = start('sweep-file.ts', path);
    await once(sweeper, 'message');
    for (let round = 0; round < 500; round++) {
      const file = await openLocked(path, { create: true });
      expect(file?.isCurrent()).toBe(true);
      await rm(path);
      file?.close();
    }
    sweeper.send('stop');
    expect(await once(sweeper, 'exit')).toEqual([0, null]);
  });
});

/** Mounting needs root on Linux; elsewhere these two say nothing. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0;
const mounts: string[] = [];
function mount(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  mounts.push(folder);
}
afterEach(() => {
  for (const folder of mounts.splice(0)) execFileSync('umount', ['-l', folder]);
});

describe.runIf(canMount)('volumes that cannot be written (needs root on Linux to mount them)', () => {
  it('a read-only one gives READ_ONLY', async () => {
    mount(root, 'size=64k,ro');
    const locks = new LockManager({ clock: systemClock, random: systemRandom, lockDir: join(root, '.locks') });
    const taken = locks.acquire({ name: 'x', path: 'x.lock' }, { timeoutMs: 100, doing: 'test' });
    await expect(taken).rejects.toMatchObject({ code: 'READ_ONLY' });
    expect(await locks.list()).toEqual([]);
  });

  it('a full one still locks, without a record of who holds it', async () => {
    mount(root, 'size=64k');
    await mkdir(join(root, '.locks'));
    await writeFile(join(root, 'filler'), Buffer.alloc(65_536)).catch(() => undefined);
    const locks = new LockManager({ clock: systemClock, random: systemRandom, lockDir: join(root, '.locks') });
    const lease = await locks.acquire({ name: 'x', path: 'x.lock' }, { timeoutMs: 100, doing: 'test' });
    lease.update({ doneBytes: 1, totalBytes: 2 });
    expect(await locks.list()).toEqual([{ path: 'x.lock', held: true }]);
    await lease.release();
  });
});

it.runIf(process.platform !== 'win32' && process.getuid?.() !== 0)(
  'a folder of others gives PERMISSION_DENIED (root may write anywhere)',
  async () => {
    await mkdir(join(root, 'theirs'), { mode: 0o555 });
    await expect(openLocked(join(root, 'theirs', 'x'), { create: true })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  },
);
