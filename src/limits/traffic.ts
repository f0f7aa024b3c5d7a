/** All that processes of one root know of each other's traffic, put together. */
import { asModelError } from '../domain/errors.ts';
import type { AskedSource, SourceFailure, TrafficControl, TrafficEntry } from '../domain/traffic.ts';
import type { StoreContext } from '../store/context.ts';
import { AbsentFiles } from './absent-files.ts';
import { FileSlots } from './file-slots.ts';
import { HostMemory } from './host-memory.ts';
import { RateShare } from './rate-share.ts';

export interface TrafficOptions {
  readonly store: StoreContext;
  /** Files in transfer at once, over all processes of the root. */
  readonly places: number;
  /** How long a source's word that it has not got a file is kept; 0: not at all. */
  readonly absentTtlMs: number;
  /** The limit of all processes together as it is now; undefined: none. */
  readonly rateLimit: () => Promise<number | undefined>;
  readonly onShare: (bytesPerSecond: number | undefined) => void;
}

export class Traffic implements TrafficControl {
  readonly #slots: FileSlots;
  readonly #hosts: HostMemory;
  readonly #absent: AbsentFiles;
  readonly #rate: RateShare;
  /** At work now: they hear of what fails here. */
  readonly #entries = new Set<TrafficEntry>();
  readonly #told = new Set<string>();
  #writes: Promise<void> = Promise.resolve();

  constructor({ store, places, absentTtlMs, rateLimit: limit, onShare }: TrafficOptions) {
    const write = (work: () => Promise<void>) => this.#write(work);
    this.#slots = new FileSlots({ store, places });
    this.#hosts = new HostMemory(store, write);
    this.#absent = new AbsentFiles({ store, absentTtlMs, write });
    this.#rate = new RateShare({ store, limit, onShare, onFault: (error) => this.#warn(error) });
  }

  async enter(entry: TrafficEntry): Promise<() => void> {
    const leave = await this.#slots.enter(entry);
    this.#entries.add(entry);
    const leaveAll = () => {
      this.#rate.leave();
      this.#entries.delete(entry);
      leave();
    };
    try {
      await this.#rate.enter();
    } catch (error) {
      leaveAll();
      throw error;
    }
    return leaveAll;
  }

  order<Source extends AskedSource>(sources: readonly Source[], { fresh }: { readonly fresh: boolean }): readonly Source[] {
    if (sources.length < 2) return sources;
    const isLast = (source: Source) => this.#safely(false, () => this.#isLast(source, fresh));
    const { first = [], last = [] } = Object.groupBy(sources, (source) => (isLast(source) ? 'last' : 'first'));
    return [...first, ...last];
  }

  isPaused(host: string): boolean {
    return this.#safely(false, () => this.#hosts.isPaused(host));
  }

  failed(source: AskedSource, failure: SourceFailure): void {
    const { host } = source.backend;
    if (host === undefined) return;
    this.#safely(undefined, () => {
      this.#hosts.failed(host, failure);
      this.#absent.failed(source, failure.error);
    });
  }

  served({ backend }: AskedSource): void {
    const { host } = backend;
    if (host !== undefined) this.#safely(undefined, () => this.#hosts.served(host));
  }

  /** The limit has changed: what runs is told. */
  refreshRate(): Promise<void> {
    return this.#rate.refresh();
  }

  async close(): Promise<void> {
    await this.#rate.close();
    await this.#writes;
  }

  #isLast(source: AskedSource, fresh: boolean): boolean {
    const { host } = source.backend;
    if (host === undefined) return false;
    return (!fresh && this.#absent.isAbsent(source)) || this.#hosts.isShutUnlessProbed(host);
  }

  #write(work: () => Promise<void>): void {
    this.#writes = this.#writes.then(work).catch((error: unknown) => this.#warn(error));
  }

  /** Keeping or reading what processes share has failed: the transfer goes on without, and one who is at work hears of it, once. */
  #warn(error: unknown): void {
    const { code, message } = asModelError(error);
    const [listener] = this.#entries;
    if (listener === undefined || this.#told.has(message)) return;
    this.#told.add(message);
    listener.emit({ type: 'warning', code, message });
  }

  #safely<Result>(otherwise: Result, ask: () => Result): Result {
    try {
      return ask();
    } catch (error) {
      this.#warn(error);
      return otherwise;
    }
  }
}
