/** A hold on a lock, from its grant to its release. */
import { ModelError } from '../domain/errors.ts';
import type { LockHolder } from '../domain/events.ts';
import { errnoOf, isErrno } from '../domain/fs-error.ts';
import type { Clock } from '../domain/world.ts';
import { clearHolder, writeHolder } from './holder-record.ts';
import type { LockedFile } from './locked-file.ts';

/** How often a holder's progress is written for its waiters. */
const UPDATE_INTERVAL_MS = 500;

export interface LeaseProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface Lease extends AsyncDisposable {
  /** Of the lock, relative to the lock folder. */
  readonly path: string;
  /** Fires once `update` or `assertHeld` finds that the lock file was removed or replaced. */
  readonly signal: AbortSignal;
  /** Tells waiters how far the work is; cheap to call often, written at most twice a second. Never throws. */
  update(progress: LeaseProgress): void;
  /** @throws ModelError CONCURRENT_MODIFICATION when the lock file was removed or replaced: somebody else may hold it now. */
  assertHeld(): void;
  /** May be called more than once. */
  release(): Promise<void>;
}

export interface LeaseParts {
  readonly path: string;
  readonly file: LockedFile;
  readonly holder: LockHolder;
  readonly clock: Clock;
}

export class KernelLease implements Lease {
  readonly path: string;
  readonly #file: LockedFile;
  readonly #holder: LockHolder;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  #nextUpdateMs = 0;
  #released = false;

  constructor({ path, file, holder, clock }: LeaseParts) {
    this.path = path;
    this.#file = file;
    this.#holder = holder;
    this.#clock = clock;
    this.#tell(holder);
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  update(progress: LeaseProgress): void {
    const now = this.#clock.monotonic();
    if (this.#released || now < this.#nextUpdateMs) return;
    this.#nextUpdateMs = now + UPDATE_INTERVAL_MS;
    this.#tell({ ...this.#holder, doneBytes: progress.doneBytes, totalBytes: progress.totalBytes });
    this.#noticeLoss();
  }

  assertHeld(): void {
    if (this.#released) throw new Error(`the lease on ${this.path} was released`);
    this.#noticeLoss();
    this.signal.throwIfAborted();
  }

  release(): Promise<void> {
    if (!this.#released) {
      this.#released = true;
      try {
        this.#clear();
      } finally {
        this.#file.close();
      }
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** A lock file that cannot be looked at counts as lost: nobody can say that it is still ours. */
  #noticeLoss(): void {
    if (this.signal.aborted) return;
    try {
      if (!this.#file.isCurrent()) this.#lost.abort(replaced(this.path, this.#file.path));
    } catch (error) {
      this.#lost.abort(error);
    }
  }

  #tell(holder: LockHolder): void {
    asFarAsPossible(() => writeHolder(this.#file.fd, holder));
  }

  #clear(): void {
    asFarAsPossible(() => clearHolder(this.#file.fd));
  }
}

/** Whatever a disk or a server says to it (full, failing, a ticket that ran out): the lock is held, or not, whether or not the record says by whom. */
function asFarAsPossible(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (errnoOf(error) === undefined || isErrno(error, 'EBADF')) throw error;
  }
}

const replaced = (lock: string, file: string): ModelError =>
  new ModelError('CONCURRENT_MODIFICATION', `the lock file ${file} was removed or replaced while it was held`, {
    reason: 'lock_replaced',
    hint: 'leave the folder .locks alone while commands run, then run the same command again',
    details: { lock },
  });
