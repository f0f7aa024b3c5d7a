/**
 * Places for files in transfer that all processes of a root share: kernel locks, so a dead holder frees its own. A process that
 * waits stands in line with the others, so that nobody who comes back at once overtakes it.
 */
import { cancelledError } from '../domain/cancelled.ts';
import type { TrafficEntry } from '../domain/traffic.ts';
import type { Lease } from '../locks/lease.ts';
import type { StoreContext } from '../store/context.ts';

const FIRST_PAUSE_MS = 5;
const MAX_PAUSE_MS = 200;
const FIRST_NOTICE_MS = 1000;
const NOTICE_INTERVAL_MS = 2000;
/** For so long a place goes from file to file inside the process without touching the disk; then others get their chance. */
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
    const { locks, resolver } = this.#store;
    const turn = await locks.acquire(resolver.slotTurnLock(), {
      timeoutMs: Number.POSITIVE_INFINITY,
      doing: 'wait for a download place',
      whileWaiting: () => this.#isNobodyWaiting(),
    });
    if (turn === undefined) return;
    try {
      const lease = await this.#firstFree();
      if (lease !== undefined) this.#give({ lease, sinceMs: this.#store.clock.monotonic() });
    } finally {
      await turn.release();
    }
  }

  async #firstFree(): Promise<Lease | undefined> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.#isNobodyWaiting(); pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
      const lease = await this.#tryAll();
      if (lease !== undefined) return lease;
      await this.#store.clock.sleep(pauseMs);
    }
    return undefined;
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

  #give(place: Place): void {
    const next = this.#waiting.shift();
    if (next === undefined) void place.lease.release();
    else next.take(place);
  }

  #leaver(place: Place): () => void {
    let isHeld = true;
    return () => {
      if (isHeld) this.#leave(place);
      isHeld = false;
    };
  }

  #leave(place: Place): void {
    if (this.#store.clock.monotonic() - place.sinceMs < KEEP_MS) this.#give(place);
    else void place.lease.release();
  }
}
