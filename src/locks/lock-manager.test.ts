import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelError } from '../domain/errors.ts';
import { bootId } from '../util/boot-id.ts';
import { systemClock, systemRandom } from '../util/system-world.ts';
import { LockManager } from './lock-manager.ts';

const LOCK = { name: 'model demo@1.0.0', path: 'model/demo@1.0.0.lock' };
const SHORT = { timeoutMs: 150, doing: 'test' };

let root: string;
let lockDir: string;
let locks: LockManager;
let children: ChildProcess[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wan-locks-'));
  lockDir = join(root, '.locks');
  locks = new LockManager({ clock: systemClock, random: systemRandom, lockDir });
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(root, { recursive: true, force: true });
});

function start(fixture: string, ...args: string[]): ChildProcess {
  const child = fork(join(import.meta.dirname, 'fixtures', fixture), args, { execArgv: [] });
  children.push(child);
  return child;
}

async function holderProcess(doing = 'ensure demo@1.0.0'): Promise<ChildProcess> {
  const child = start('hold-lock.ts', lockDir, LOCK.path, doing);
  await once(child, 'message');
  return child;
}

const file = () => join(lockDir, LOCK.path);
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('exclusion', () => {
  it('two takers of one lock in one process exclude each other', async () => {
    const first = await locks.acquire(LOCK, SHORT);
    expect(await locks.tryAcquire(LOCK, SHORT)).toBeUndefined();
    await first.release();
    const second = await locks.tryAcquire(LOCK, SHORT);
    expect(second).toBeDefined();
    await second?.release();
  });

  it('different locks do not wait for each other', async () => {
    await using _a = await locks.acquire(LOCK, SHORT);
    await using b = await locks.acquire({ name: 'other', path: 'model/other@1.0.0.lock' }, SHORT);
    b.assertHeld();
  });

  it('sixteen processes lose no update of two counters', async () => {
    const counters = [join(root, 'one'), join(root, 'two')];
    for (const counter of counters) await writeFile(counter, '0');
    const workers = Array.from({ length: 16 }, () => start('count-under-lock.ts', lockDir, '10', ...counters));
    const codes = await Promise.all(workers.map((worker) => once(worker, 'exit').then(([code]: unknown[]) => code)));
    expect(codes).toEqual(Array(16).fill(0));
    expect(await Promise.all(counters.map((counter) => readFile(counter, 'utf8')))).toEqual(['160', '160']);
  });

  it('a holder that is killed frees the lock at once, and its record is not taken for a holder', async () => {
    const child = await holderProcess();
    expect(await locks.tryAcquire(LOCK, SHORT)).toBeUndefined();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await locks.holder(LOCK.path)).toBeUndefined();
    const lease = await locks.acquire(LOCK, SHORT);
    expect((await locks.holder(LOCK.path))?.pid).toBe(process.pid);
    await lease.release();
  });

  it('a waiter in another process gets the lock when it is released', async () => {
    const lease = await locks.acquire(LOCK, SHORT);
    const child = start('hold-lock.ts', lockDir, LOCK.path, 'wait');
    const held = once(child, 'message');
    await lease.release();
    await held;
    expect((await locks.holder(LOCK.path))?.pid).toBe(child.pid);
  });
});

describe('what waiters are told', () => {
  it('the record names pid, host, boot, work and progress while the lock is held, and goes when it is released', async () => {
    const child = await holderProcess();
    expect(await locks.holder(LOCK.path)).toEqual({
      pid: child.pid,
      host: hostname(),
      bootId: bootId(),
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      doing: 'ensure demo@1.0.0',
      doneBytes: 62,
      totalBytes: 100,
    });
    child.send('release');
    await once(child, 'exit');
    expect(await locks.list()).toEqual([{ path: LOCK.path, held: false }]);
    expect((await stat(file())).size).toBe(0);
  });

  it('a frozen holder is named by LOCK_TIMEOUT, within the bound', async () => {
    const child = await holderProcess();
    child.kill('SIGSTOP');
    const start = performance.now();
    const error = await failure(locks.acquire(LOCK, { timeoutMs: 300, doing: 'test' }));
    const waited = performance.now() - start;
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', details: { lock: LOCK.path, holder: { pid: child.pid, done_bytes: 62 } } });
    expect((error as ModelError).message).toContain(`waiting for pid ${child.pid} on ${hostname()} (62 %`);
    expect(waited).toBeGreaterThanOrEqual(299);
    expect(waited).toBeLessThan(1300);
  });

  it('a timeout of 0 tries once', async () => {
    await using _held = await locks.acquire(LOCK, SHORT);
    expect(await failure(locks.acquire(LOCK, { timeoutMs: 0, doing: 'test' }))).toMatchObject({ code: 'LOCK_TIMEOUT' });
  });

  it('progress is written at most twice a second', async () => {
    await using lease = await locks.acquire(LOCK, SHORT);
    for (let doneBytes = 1; doneBytes <= 1000; doneBytes++) lease.update({ doneBytes, totalBytes: 1000 });
    expect((await locks.holder(LOCK.path))?.doneBytes).toBe(1);
  });

  it('looking at locks changes nothing on disk', async () => {
    const child = await holderProcess();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const before = await stat(file(), { bigint: true });
    await locks.list();
    await locks.isLocked(LOCK.path);
    await locks.holder(LOCK.path);
    const after = await stat(file(), { bigint: true });
    expect([after.mtimeNs, after.ctimeNs, after.size]).toEqual([before.mtimeNs, before.ctimeNs, before.size]);
  });

  it('there are no locks where no folder of locks is', async () => {
    expect([await locks.list(), await locks.isLocked(LOCK.path), await locks.cleanupStale()]).toEqual([[], false, 0]);
    expect(await failure(stat(lockDir))).toMatchObject({ code: 'ENOENT' });
  });
});

describe('giving up', () => {
  it('an abort ends the wait at once with CANCELLED', async () => {
    await using _held = await locks.acquire(LOCK, SHORT);
    const controller = new AbortController();
    const waiting = failure(locks.acquire(LOCK, { timeoutMs: 60_000, doing: 'test', signal: controller.signal }));
    setTimeout(() => controller.abort(), 30);
    const start = performance.now();
    expect(await waiting).toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("the abort's own ModelError is kept", async () => {
    const reason = new ModelError('NETWORK_TIMEOUT', 'total time is over');
    expect(await failure(locks.acquire(LOCK, { ...SHORT, signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await locks.list()).toEqual([]);
  });

  it('the wait ends without a lease when what was waited for has happened', async () => {
    await using _held = await locks.acquire(LOCK, SHORT);
    let asked = 0;
    expect(await locks.acquire(LOCK, { ...SHORT, timeoutMs: 60_000, whileWaiting: () => ++asked === 3 })).toBeUndefined();
  });
});

describe('damage', () => {
  it.each([
    ['nothing', ''],
    ['text', 'garbage'],
    ['a cut record', '{"pid":1}'],
    ['NULs', '\0'.repeat(4096)],
    ['a line of the width of a record', `${'x'.repeat(1023)}\n`],
  ])('a lock file that holds %s is harmless', async (_, text) => {
    await mkdir(dirname(file()), { recursive: true });
    await writeFile(file(), text);
    expect(await locks.holder(LOCK.path)).toBeUndefined();
    const lease = await locks.acquire(LOCK, SHORT);
    expect(await locks.holder(LOCK.path)).toMatchObject({ pid: process.pid, doing: 'test' });
    await lease.release();
    expect((await stat(file())).size).toBe(0);
  });

  it('a lock file removed while it is held is noticed by its holder, and the next one holds a new file', async () => {
    const first = await locks.acquire(LOCK, SHORT);
    await rm(file());
    const second = await locks.acquire(LOCK, SHORT);
    expect(() => first.assertHeld()).toThrow(expect.objectContaining({ code: 'CONCURRENT_MODIFICATION' }) as Error);
    expect(first.signal.aborted).toBe(true);
    second.assertHeld();
    await first.release();
    expect(await locks.tryAcquire(LOCK, SHORT)).toBeUndefined();
    await second.release();
  });

  it('a lock file replaced while it is held fires the signal at the next update', async () => {
    await using lease = await locks.acquire(LOCK, SHORT);
    await writeFile(`${file()}.new`, '');
    await rename(`${file()}.new`, file());
    expect(lease.signal.aborted).toBe(false);
    lease.update({ doneBytes: 1, totalBytes: 2 });
    expect(lease.signal.reason).toMatchObject({ code: 'CONCURRENT_MODIFICATION', reason: 'lock_replaced' });
  });

  it('the whole folder of locks removed while one is held is noticed', async () => {
    await using lease = await locks.acquire(LOCK, SHORT);
    await rm(lockDir, { recursive: true });
    expect(() => lease.assertHeld()).toThrow(/removed or replaced/);
  });

  it('records of dead holders are cleared, those of living ones kept, and no file is unlinked', async () => {
    const child = await holderProcess();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await using _held = await locks.acquire({ name: 'live', path: 'live.lock' }, SHORT);
    expect(await locks.cleanupStale()).toBe(1);
    expect((await locks.list()).map(({ path, held }) => [path, held])).toEqual([
      ['live.lock', true],
      [LOCK.path, false],
    ]);
    expect((await stat(file())).size).toBe(0);
    expect((await locks.holder('live.lock'))?.pid).toBe(process.pid);
  });

  it('a link planted in the place of the lock file or of its folder is not followed', async () => {
    const outside = join(root, 'outside');
    await mkdir(outside);
    await mkdir(lockDir);
    await symlink(outside, join(lockDir, 'model'));
    expect(await failure(locks.acquire(LOCK, SHORT))).toMatchObject({ code: 'PATH_UNSAFE', reason: 'link_in_root' });
    await symlink(join(outside, 'target'), join(lockDir, 'x.lock'));
    expect(await failure(locks.acquire({ name: 'x', path: 'x.lock' }, SHORT))).toMatchObject({ code: 'PATH_UNSAFE' });
    expect(await failure(stat(join(outside, 'target')))).toMatchObject({ code: 'ENOENT' });
  });

  it('a lock name that leads out of the folder is refused', async () => {
    expect(await failure(locks.acquire({ name: 'x', path: '../x' }, SHORT))).toMatchObject({
      code: 'PATH_UNSAFE',
      reason: 'path_traversal',
    });
  });
});
