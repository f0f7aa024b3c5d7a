/**
 * Places for files in transfer that all processes of a root share: kernel locks, so a dead holder frees its own. A process that
 * wants one stands in line (`line`) until it is its turn (`turn`), so that nobody who comes back at once overtakes it. Inside a
 * process a place goes from file to file, until another process waits.
 */
import { cancelledError } from '../domain/cancelled.ts';
import type { TrafficEntry } from '../domain/traffic.ts';
import type { Lease } from '../locks/lease.ts';
import type { LockPath } from '../resolver/model-resolver.ts';
import type { StoreContext } from '../store/context.ts';

const FIRST_PAUSE_MS = 5;
const MAX_PAUSE_MS = 200;
const FIRST_NOTICE_MS = 1000;
const NOTICE_INTERVAL_MS = 2000;
/** For so long a place goes from file to file inside the process without asking whether others wait. */
const KEEP_MS = 1000;

export interface FileSlotsOptions {
  readonly store: StoreContext;
  readonly places: number;
}

interface Place {
  readonly lease: Lease;
  readonly sinceMs: number;
}

interface Waiter {
  readonly entry: TrafficEntry;
  readonly take: (place: Place) => void;
  readonly fail: (error: unknown) => void;
  readonly sinceMs: number;
  noticeMs: number;
}

export class FileSlots {
  readonly #store: StoreContext;
  readonly #places: number;
  #waiting: Waiter[] = [];
  #collecting = false;
  #hasTurn = false;
  /** Ends the pause between two looks for a free place. */
  #wake: () => void = () => undefined;

  constructor({ store, places }: FileSlotsOptions) {
    this.#store = store;
    this.#places = places;
  }

  /** @returns gives the place back @throws ModelError CANCELLED, or the signal's own; of a lock that cannot be made */
  async enter(entry: TrafficEntry): Promise<() => void> {
    const place = Promise.withResolvers<Place>();
    const { signal, file } = entry;
    const sinceMs = this.#store.clock.monotonic();
    const waiter: Waiter = { entry, take: place.resolve, fail: place.reject, sinceMs, noticeMs: FIRST_NOTICE_MS };
    const onAbort = () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      place.reject(cancelledError(signal, `fetching ${file}`));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(waiter);
    if (signal.aborted) onAbort();
    else void this.#collect();
    try {
      return this.#leaver(await place.promise);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** One for the whole process: takes places from the others for as long as somebody here waits. */
  async #collect(): Promise<void> {
    if (this.#collecting) return;
    this.#collecting = true;
    try {
      while (this.#waiting.length > 0) await this.#collectOne();
    } catch (error) {
      for (const waiter of this.#waiting.splice(0)) waiter.fail(error);
    } finally {
      this.#collecting = false;
    }
  }

  async #collectOne(): Promise<void> {
    const turn = await this.#takeTurn();
    if (turn === undefined) return;
    this.#hasTurn = true;
    try {
      const lease = await this.#firstFree();
      if (lease !== undefined) this.#give(lease);
    } finally {
      this.#hasTurn = false;
      await turn.release();
    }
  }

  async #takeTurn(): Promise<Lease | undefined> {
    const { resolver } = this.#store;
    const line = await this.#stand(resolver.slotLineLock());
    try {
      return line && (await this.#stand(resolver.slotTurnLock()));
    } finally {
      await line?.release();
    }
  }

  #stand(lock: LockPath): Promise<Lease | undefined> {
    return this.#store.locks.acquire(lock, {
      timeoutMs: Number.POSITIVE_INFINITY,
      doing: 'wait for a download place',
      whileWaiting: () => this.#isNobodyWaiting(),
    });
  }

  async #firstFree(): Promise<Lease | undefined> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.#isNobodyWaiting(); pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
      const lease = await this.#tryAll();
      if (lease !== undefined) return lease;
      await this.#pause(pauseMs);
    }
    return undefined;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #tryAll(): Promise<Lease | undefined> {
    const { locks, resolver } = this.#store;
    for (let place = 1; place <= this.#places; place++) {
      const lease = await locks.tryAcquire(resolver.slotLock(place), { doing: `fetch ${this.#waiting[0]?.entry.file ?? ''}` });
      if (lease !== undefined) return lease;
    }
    return undefined;
  }

  /** Asked again and again by all that waits: tells those who wait long that they do. */
  #isNobodyWaiting(): boolean {
    const nowMs = this.#store.clock.monotonic();
    for (const waiter of this.#waiting) {
      const waitedMs = nowMs - waiter.sinceMs;
      if (waitedMs < waiter.noticeMs) continue;
      waiter.noticeMs = waitedMs + NOTICE_INTERVAL_MS;
      waiter.entry.emit({ type: 'lock.waiting', lock: 'a download place', waitedMs });
    }
    return this.#waiting.length === 0;
  }

  #give(lease: Lease): void {
    const next = this.#waiting.shift();
    if (next === undefined) void lease.release();
    else next.take({ lease, sinceMs: this.#store.clock.monotonic() });
  }

  #leaver(place: Place): () => void {
    let isHeld = true;
    return () => {
      if (isHeld) this.#leave(place);
      isHeld = false;
    };
  }

  #leave({ lease, sinceMs }: Place): void {
    const next = this.#store.clock.monotonic() - sinceMs < KEEP_MS ? this.#waiting.shift() : undefined;
    if (next === undefined) void this.#passOn(lease);
    else next.take({ lease, sinceMs });
  }

  /** To another process where one waits; to the next file here else. */
  async #passOn(lease: Lease): Promise<void> {
    if (this.#waiting.length > 0 && !(await this.#doOthersWait())) return this.#give(lease);
    await lease.release();
    this.#wake();
  }

  /** Where we have the turn they stand in line; where we have not, somebody else may have it. */
  async #doOthersWait(): Promise<boolean> {
    const { locks, resolver } = this.#store;
    const lock = this.#hasTurn ? resolver.slotLineLock() : resolver.slotTurnLock();
    // Where nobody can say, giving the place back is right in any case.
    return locks.isLocked(lock.path).catch(() => true);
  }
}
