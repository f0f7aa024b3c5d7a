/**
 * One bandwidth limit for all processes of a root. Whoever moves bytes keeps a locked file there; every second each one counts
 * the files whose owner lives and takes its even share. Nothing is asked on the way of the bytes, and who dies gives its share
 * back, since the kernel drops its lock.
 */
import { dirname } from 'node:path';
import { isFileLocked, type LockedFile, openLocked } from '../locks/locked-file.ts';
import type { StoreContext } from '../store/context.ts';
import { makeDirectory } from '../store/durable.ts';
import { listNames } from '../store/list-names.ts';
import { removePath } from '../store/remove-path.ts';

const INTERVAL_MS = 1000;

export interface RateShareOptions {
  readonly store: StoreContext;
  /** The limit of all processes together as it is now; undefined: none. */
  readonly limit: () => Promise<number | undefined>;
  /** Called with this process's own share whenever that changes. */
  readonly onShare: (bytesPerSecond: number | undefined) => void;
  /** Where counting the others has failed: the share stays as it is. */
  readonly onFault: (error: unknown) => void;
}

export class RateShare {
  readonly #options: RateShareOptions;
  #users = 0;
  #mine: LockedFile | undefined;
  #share: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: RateShareOptions) {
    this.#options = options;
  }

  /** Something here moves bytes from now on, until {@link leave}; resolves once the share is known. */
  async enter(): Promise<void> {
    this.#users++;
    this.#timer ??= setInterval(() => void this.#soon(), INTERVAL_MS).unref();
    if (this.#users === 1) await this.#soon();
    else await this.#work;
  }

  leave(): void {
    this.#users--;
    if (this.#users > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    void this.#soon();
  }

  /** Looks at limit and others again, now. */
  refresh(): Promise<void> {
    return this.#soon();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#users = 0;
    await this.#soon();
  }

  /** One after the other, and never failing. */
  #soon(): Promise<void> {
    this.#work = this.#work.then(() => this.#adjust()).catch(this.#options.onFault);
    return this.#work;
  }

  async #adjust(): Promise<void> {
    const limit = this.#users === 0 ? undefined : await this.#options.limit();
    if (limit === undefined) await this.#withdraw();
    else await this.#announce();
    if (this.#users === 0) return;
    const share = limit === undefined ? undefined : Math.max(1, Math.floor(limit / (await this.#count())));
    if (share === this.#share) return;
    this.#share = share;
    this.#options.onShare(share);
  }

  async #announce(): Promise<void> {
    if (this.#mine?.isCurrent() === true) return;
    const { store } = this.#options;
    this.#mine?.close();
    const path = store.resolver.stateFile('rates', store.random.uuid());
    await makeDirectory(store, dirname(path));
    this.#mine = await openLocked(path, { create: true });
  }

  async #withdraw(): Promise<void> {
    const mine = this.#mine;
    if (mine === undefined) return;
    this.#mine = undefined;
    try {
      await removePath(mine.path);
    } finally {
      mine.close();
    }
  }

  /** At least one: this process. The files of dead owners go in passing. */
  async #count(): Promise<number> {
    const { resolver } = this.#options.store;
    let living = 0;
    for (const name of listNames(resolver.stateDir('rates'))) {
      const path = resolver.stateFile('rates', name);
      if (path === this.#mine?.path || (await isFileLocked(path))) living++;
      else await reap(path);
    }
    return Math.max(1, living);
  }
}

async function reap(path: string): Promise<void> {
  using file = await openLocked(path, { create: false });
  if (file !== undefined) await removePath(path);
}
