/** Gives ranges to the files that want them: one each first, more where the governor finds that they pay. */
import { ConnectionGovernor } from './connection-governor.ts';
import { Standstill } from './standstill.ts';

const TICK_MS = 100;
/** So few ranges are the end of a job: what is slow then is not slow because of the others. */
const TAIL_RANGES = 2;
/** One file must have had so many ranges at once before another source is tried for it. */
const RANGES_BEFORE_HELP = 2;

/** One file at one source, as the scheduler sees it. */
export interface Demand {
  /** The file: several sources of one share it. Those of higher priority are added first. */
  readonly group: object;
  /** Host that the per-host limit applies to. */
  readonly host: string | undefined;
  /** Ranges at work. */
  readonly running: number;
  /** Of those, the ones whose answer has begun. */
  readonly flowing: number;
  /** From a request to its answer; undefined before the first. */
  readonly firstByteMs: number | undefined;
  /** What one range does of late; undefined before any byte. */
  readonly bytesPerSecond: number | undefined;
  /** All bytes that came so far. */
  readonly receivedBytes: number;
  readonly remainingBytes: number;
  /** Whether a range could begin now. */
  readonly isReady: boolean;
  /** Whether one more beside those at work would be of use. */
  readonly canShare: boolean;
  /** @returns false when it found nothing to do after all */
  start(ranges: number): boolean;
  /** Whether a slow range deserves a second request for its rest. */
  canHedge(isTail: boolean): boolean;
  hedge(isTail: boolean): boolean;
  /** Hedges at work. */
  readonly hedging: number;
  tick(nowMs: number): void;
  /** What it waits for comes with time: another try, the end of a rest. */
  readonly isWaiting: boolean;
  /** For whoever has to find out why it begins nothing. */
  readonly facts: object;
  /** Nothing will ever happen to its file any more. @param sources facts of all demands of the file */
  standsStill(sources: readonly object[]): void;
}

export interface SchedulerOptions {
  readonly connections: number;
  readonly perHostConnections: number;
  readonly monotonicMs: () => number;
  readonly isRateLimited: () => boolean;
  /** Whether a host asked for patience. */
  readonly isPaused?: (host: string) => boolean;
  /** See standstill.ts. */
  readonly standstillLooks?: number;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #governor: ConnectionGovernor;
  readonly #demands = new Set<Demand>();
  readonly #standstill: Standstill;
  /** By group: the most ranges that worked on it at once. */
  readonly #mostRanges = new WeakMap<object, number>();
  #doneBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #pumping = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#governor = new ConnectionGovernor({ maxRanges: options.connections });
    this.#standstill = new Standstill(options.standstillLooks);
  }

  add(demand: Demand): void {
    this.#demands.add(demand);
    this.#governor.atLeast(this.#files);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    this.pump();
  }

  remove(demand: Demand): void {
    if (!this.#demands.delete(demand)) return;
    this.#doneBytes += demand.receivedBytes;
    if (this.#demands.size === 0) this.close();
    else this.pump();
  }

  /** Call whenever a range has ended, or a wait is over. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#startOne());
    } finally {
      this.#pumping = false;
    }
  }

  /** A source asked for fewer requests. */
  backOff(): void {
    this.#governor.backOff(this.#options.monotonicMs());
  }

  /** An answer has begun. */
  answered(): void {
    if (this.#governor.awaitsAnswers && !this.#options.isRateLimited()) this.#observe(this.#options.monotonicMs());
    this.pump();
  }

  /** How many ranges will work for one file when all files get their share. */
  get rangesPerFile(): number {
    return Math.max(1, Math.ceil(this.#governor.expected / Math.max(1, this.#files)));
  }

  get #files(): number {
    return new Set([...this.#demands].map((demand) => demand.group)).size;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #startOne(): boolean {
    if (this.#running() >= this.#options.connections) return false;
    const ready = [...this.#demands].filter((demand) => demand.isReady && this.#hostHasRoom(demand.host));
    const start = (demand: Demand) => demand.start(this.rangesPerFile);
    // One that finds nothing to do after all keeps none of the others from theirs.
    const starving = ready.filter((demand) => this.#runningFor(demand.group) === 0);
    const chosen = starving.find(start) ?? [this.#mostToShare(ready)].find((demand) => demand !== undefined && start(demand));
    if (chosen === undefined) return false;
    const ranges = this.#runningFor(chosen.group);
    this.#mostRanges.set(chosen.group, Math.max(ranges, this.#mostRanges.get(chosen.group) ?? 0));
    return true;
  }

  #mostToShare(ready: readonly Demand[]): Demand | undefined {
    if (this.#running() >= this.#governor.target) return undefined;
    const sharing = ready.filter((demand) => demand.canShare);
    const need = (demand: Demand) => demand.remainingBytes / (this.#runningFor(demand.group) + 1);
    return sharing.sort((a, b) => need(b) - need(a) || this.#worth(b) - this.#worth(a))[0];
  }

  /** Of sources of one file, the one whose ranges do most; one that is untried is tried once the first has shown what a second range brings. */
  #worth(demand: Demand): number {
    if (demand.bytesPerSecond !== undefined) return demand.bytesPerSecond;
    if (demand.running > 0) return 0;
    return (this.#mostRanges.get(demand.group) ?? 0) >= RANGES_BEFORE_HELP ? Number.MAX_VALUE : 0;
  }

  #runningFor(group: object): number {
    return sum(this.#demands, (demand) => (demand.group === group ? demand.running : 0));
  }

  #running(): number {
    return sum(this.#demands, (demand) => demand.running);
  }

  #hostHasRoom(host: string | undefined): boolean {
    if (host === undefined) return true;
    if (this.#options.isPaused?.(host)) return false;
    return sum(this.#demands, (demand) => (demand.host === host ? demand.running : 0)) < this.#options.perHostConnections;
  }

  #tick(): void {
    const ms = this.#options.monotonicMs();
    for (const demand of [...this.#demands]) demand.tick(ms);
    if (!this.#options.isRateLimited()) this.#observe(ms);
    this.pump();
    this.#hedge();
    this.#watchStandstill();
  }

  #watchStandstill(): void {
    const isFull = this.#running() >= this.#options.connections;
    for (const [group, demands] of Map.groupBy(this.#demands, (demand) => demand.group)) {
      const mayGoOn =
        isFull || this.#runningFor(group) > 0 || demands.some((demand) => demand.isWaiting || !this.#hostHasRoom(demand.host));
      if (this.#standstill.isReached(group, mayGoOn)) demands[0]?.standsStill(demands.map(({ facts }) => facts));
    }
  }

  /** One at a time, with a connection that nobody else has a use for. */
  #hedge(): void {
    const running = this.#running();
    if (running >= this.#options.connections || this.#options.isRateLimited()) return;
    if (sum(this.#demands, (demand) => demand.hedging) > 0) return;
    const isTail = running <= TAIL_RANGES;
    for (const demand of this.#demands) {
      if (demand.isReady && this.#hostHasRoom(demand.host) && demand.canHedge(isTail) && demand.hedge(isTail)) return;
    }
  }

  #observe(ms: number): void {
    const receivedBytes = this.#doneBytes + sum(this.#demands, (demand) => demand.receivedBytes);
    const wanted = [...this.#demands].some((demand) => demand.canShare && demand.isReady && this.#hostHasRoom(demand.host));
    const firstBytes = [...this.#demands].flatMap(({ firstByteMs }) => (firstByteMs === undefined ? [] : [firstByteMs]));
    const firstByteMs = firstBytes.length === 0 ? undefined : Math.min(...firstBytes);
    const flowing = sum(this.#demands, (demand) => demand.flowing);
    this.#governor.observe({ ms, receivedBytes, running: this.#running(), flowing, firstByteMs, wanted });
  }
}

function sum<Item>(items: Iterable<Item>, of: (item: Item) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
