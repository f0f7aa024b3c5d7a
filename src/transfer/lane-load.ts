/**
 * How busy a lane's thread is. Measured in the thread, seen by all: extra work is done only in time that would otherwise be
 * spent waiting, and no more ranges are started for a hash that cannot follow.
 */
import { type EventLoopUtilization, performance } from 'node:perf_hooks';

const WINDOW_MS = 400;
const IDLE_BELOW = 0.5;
const BUSY_FROM = 0.85;
const UNKNOWN = -1;

const SHARE = 0;
const WINDOWS = 1;

export class LaneLoad {
  readonly buffer: SharedArrayBuffer;
  /** Thousandths of the last window; how many windows there were. */
  readonly #cell: Int32Array;

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(8);
    this.#cell = new Int32Array(this.buffer);
    if (buffer === undefined) Atomics.store(this.#cell, SHARE, UNKNOWN);
  }

  /** At least half of the last window was spent waiting. */
  get isIdle(): boolean {
    const share = this.#share();
    return share !== undefined && share < IDLE_BELOW;
  }

  get isBusy(): boolean {
    return (this.#share() ?? 0) >= BUSY_FROM;
  }

  /** Counts on for as long as the thread's event loop turns; each is {@link WINDOW_MS} long, or longer. */
  get windows(): number {
    return Atomics.load(this.#cell, WINDOWS);
  }

  /** In the lane's own thread. @returns what ends it */
  measure(): () => void {
    let start: EventLoopUtilization = performance.eventLoopUtilization();
    const timer = setInterval(() => {
      const { utilization } = performance.eventLoopUtilization(start);
      start = performance.eventLoopUtilization();
      Atomics.store(this.#cell, SHARE, Math.round(utilization * 1000));
      Atomics.add(this.#cell, WINDOWS, 1);
    }, WINDOW_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  #share(): number | undefined {
    const thousandths = Atomics.load(this.#cell, SHARE);
    return thousandths === UNKNOWN ? undefined : thousandths / 1000;
  }
}
