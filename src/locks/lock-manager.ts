/**
 * Locks between processes, by name. See docs/store-format.md, "Locks": kernel locks on files that are never unlinked, bounded
 * waits, and a record in the file that tells waiters for whom they wait.
 */
import { type Dirent, lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import type { LockHolder } from '../domain/events.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { pathFault } from '../domain/path-rules.ts';
import type { Clock, Random } from '../domain/world.ts';
import { makeRealDirectory } from '../resolver/safe-path.ts';
import { bootId } from '../util/boot-id.ts';
import { clearHolder, readHolderAt } from './holder-record.ts';
import { KernelLease, type Lease } from './lease.ts';
import { isFileLocked, type LockedFile, openLocked } from './locked-file.ts';
import { type WaitOptions, waitForLease } from './wait-for-lease.ts';

/** Which lock: how people are told of it, and its file, relative to the lock folder, `/`-separated. */
export interface LockName {
  readonly name: string;
  readonly path: string;
}

export interface LockInfo {
  readonly path: string;
  readonly held: boolean;
  readonly holder?: LockHolder;
}

export interface LockManagerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Absolute path of the folder of lock files; made when the first lock is taken. */
  readonly lockDir: string;
}

export interface AcquireOptions extends WaitOptions {
  /** What the lock is for, shown to waiters: "ensure t2v-A14B@2.2.0". */
  readonly doing: string;
}

/** A probe by another process holds a lock for an instant without saying so; such a refusal is tried again. */
const PROBE_RETRIES = 3;
const PROBE_PAUSE_MS = 2;

export class LockManager {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lockDir: string;

  constructor({ clock, random, lockDir }: LockManagerOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#lockDir = lockDir;
  }

  /**
   * Waits for the lock, at most `timeoutMs`.
   * @returns undefined only when `whileWaiting` said that there is nothing left to wait for
   * @throws ModelError LOCK_TIMEOUT naming the holder, CANCELLED (or the signal's own ModelError), PERMISSION_DENIED, READ_ONLY
   */
  acquire(lock: LockName, options: AcquireOptions & { readonly whileWaiting?: never }): Promise<Lease>;
  acquire(lock: LockName, options: AcquireOptions): Promise<Lease | undefined>;
  acquire(lock: LockName, options: AcquireOptions): Promise<Lease | undefined> {
    return waitForLease({
      lock,
      options,
      clock: this.#clock,
      random: this.#random,
      attempt: () => this.#attempt(lock, options.doing),
      holder: () => this.#recorded(lock.path),
    });
  }

  /** The lock if it is free. */
  async tryAcquire(lock: LockName, options: { readonly doing: string }): Promise<Lease | undefined> {
    for (let retry = 0; ; retry++) {
      const lease = await this.#attempt(lock, options.doing);
      if (lease !== undefined || retry === PROBE_RETRIES || this.#recorded(lock.path) !== undefined) return lease;
      await this.#clock.sleep(PROBE_PAUSE_MS);
    }
  }

  /** Changes nothing on disk. */
  isLocked(path: string): Promise<boolean> {
    return isFileLocked(this.#file(path));
  }

  /** Who holds the lock, as they say; undefined where nobody does, or they have not said. */
  async holder(path: string): Promise<LockHolder | undefined> {
    return (await this.isLocked(path)) ? this.#recorded(path) : undefined;
  }

  /** Every lock that was ever taken here, sorted by path. Changes nothing on disk. */
  async list(): Promise<readonly LockInfo[]> {
    const locks: LockInfo[] = [];
    for (const path of await this.#paths()) {
      const held = await this.isLocked(path);
      const holder = held ? this.#recorded(path) : undefined;
      locks.push({ path, held, ...(holder !== undefined && { holder }) });
    }
    return locks;
  }

  /** Clears what dead holders left in their lock files. Nothing is unlinked: somebody may be waiting on the file. */
  async cleanupStale(): Promise<number> {
    let cleaned = 0;
    for (const path of await this.#paths()) {
      const size = lstatSync(this.#file(path), { throwIfNoEntry: false })?.size ?? 0;
      if (size === 0) continue;
      using file = await openLocked(this.#file(path), { create: false });
      if (file === undefined) continue;
      clearHolder(file.fd);
      cleaned++;
    }
    return cleaned;
  }

  async #attempt(lock: LockName, doing: string): Promise<Lease | undefined> {
    const holder = { pid: process.pid, host: hostname(), bootId: bootId(), since: new Date(this.#clock.now()).toISOString(), doing };
    const file = await this.#open(this.#file(lock.path));
    if (file === undefined) return undefined;
    return new KernelLease({ path: lock.path, file, holder, clock: this.#clock });
  }

  async #open(file: string): Promise<LockedFile | undefined> {
    await makeRealDirectory(dirname(file), dirname(this.#lockDir));
    return openLocked(file, { create: true });
  }

  #recorded(path: string): LockHolder | undefined {
    return readHolderAt(this.#file(path));
  }

  async #paths(): Promise<string[]> {
    const entries = await this.#entries();
    const files = entries.filter((entry) => entry.isFile());
    return files.map((entry) => relative(this.#lockDir, join(entry.parentPath, entry.name)).split(sep).join('/')).sort();
  }

  async #entries(): Promise<Dirent[]> {
    try {
      return await readdir(this.#lockDir, { recursive: true, withFileTypes: true });
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw fsError(error, `list the locks in ${this.#lockDir}`);
    }
  }

  #file(path: string): string {
    const fault = pathFault(path);
    if (fault) throw new ModelError('PATH_UNSAFE', `the lock name ${JSON.stringify(path)} ${fault.message}`, { reason: fault.reason });
    return join(this.#lockDir, ...path.split('/'));
  }
}
