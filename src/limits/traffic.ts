/** All that processes of one root know of each other's traffic, put together. */
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
  /** Keeping or reading what processes share has failed: the transfer goes on without. */
  readonly onFault: (error: unknown) => void;
}

export class Traffic implements TrafficControl {
  readonly #options: TrafficOptions;
  readonly #slots: FileSlots;
  readonly #hosts: HostMemory;
  readonly #absent: AbsentFiles;
  readonly #rate: RateShare;
  #writes: Promise<void> = Promise.resolve();

  constructor(options: TrafficOptions) {
    const { store, places, absentTtlMs: ttlMs, rateLimit: limit, onShare, onFault } = options;
    const write = (work: () => Promise<void>) => this.#write(work);
    this.#options = options;
    this.#slots = new FileSlots({ store, places });
    this.#hosts = new HostMemory(store, write);
    this.#absent = new AbsentFiles({ store, ttlMs, write });
    this.#rate = new RateShare({ store, limit, onShare, onFault });
  }

  async enter(entry: TrafficEntry): Promise<() => void> {
    const leave = await this.#slots.enter(entry);
    await this.#rate.enter();
    return () => {
      this.#rate.leave();
      leave();
    };
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
    this.#writes = this.#writes.then(work).catch(this.#options.onFault);
  }

  #safely<Result>(otherwise: Result, ask: () => Result): Result {
    try {
      return ask();
    } catch (error) {
      this.#options.onFault(error);
      return otherwise;
    }
  }
}
