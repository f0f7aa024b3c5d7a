/**
 * What all processes of a root know of hosts: which one asked for patience, and which one fails again and again (a circuit
 * breaker). One small record a host; a lost one costs a request or two.
 */
import type { ModelError } from '../domain/errors.ts';
import type { SourceFailure } from '../domain/traffic.ts';
import type { StoreContext } from '../store/context.ts';
import { readRecord, removeRecord, writeRecord } from '../store/record.ts';

/** Files in a row that used up their tries, without a byte for anybody in this process, after which a host is shut. */
const FAILURES_TO_SHUT = 3;
const SHUT_MS = 30_000;
const MAX_SHUT_MS = 600_000;
/** While one file tries whether a host is back, the others leave it alone. */
const PROBE_MS = 15_000;
/** Longer patience is not waited for: the host counts as shut for that long. */
const MAX_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** How old what was read may be. */
const FRESH_MS = 500;

/** Times are of the wall clock: processes share it. */
interface HostRecord {
  readonly host: string;
  readonly paused_until_ms: number;
  readonly shut_until_ms: number;
  /** For how long it was shut last; doubles with each probe that fails. */
  readonly shut_ms: number;
}

interface Known {
  readonly record: HostRecord;
  readonly readMs: number;
}

const nothing = (host: string): HostRecord => ({ host, paused_until_ms: 0, shut_until_ms: 0, shut_ms: 0 });

export class HostMemory {
  readonly #store: StoreContext;
  readonly #write: (work: () => Promise<void>) => void;
  readonly #known = new Map<string, Known>();
  readonly #failures = new Map<string, number>();

  /** @param write runs a write in the background; its failure costs no download */
  constructor(store: StoreContext, write: (work: () => Promise<void>) => void) {
    this.#store = store;
    this.#write = write;
  }

  isPaused(host: string): boolean {
    const leftMs = this.#read(host).paused_until_ms - this.#now();
    // A clock that was set back must not hold anybody up.
    return leftMs > 0 && leftMs <= MAX_PAUSE_MS;
  }

  isShut(host: string): boolean {
    const { shut_until_ms: until, shut_ms: lastMs } = this.#read(host);
    const leftMs = until - this.#now();
    return leftMs > 0 && leftMs <= Math.max(lastMs, PROBE_MS);
  }

  /** As {@link isShut}; where the time is over the caller is the one to try, and for everybody else it stays shut a little longer. */
  isShutUnlessProbed(host: string): boolean {
    if (this.isShut(host)) return true;
    const record = this.#read(host);
    if (record.shut_until_ms > 0) this.#save({ ...record, shut_until_ms: this.#now() + PROBE_MS });
    return false;
  }

  failed(host: string, { error, isFinal }: SourceFailure): void {
    if (error.code === 'RATE_LIMIT' || error.details.http_status === 503) this.#slowDown(host, error);
    if (!isFinal || !isHostFailure(error)) return;
    const failures = (this.#failures.get(host) ?? 0) + 1;
    this.#failures.set(host, failures);
    const isProbe = this.#read(host).shut_ms > 0;
    if (failures >= FAILURES_TO_SHUT || isProbe) this.#shut(host);
  }

  served(host: string): void {
    this.#failures.delete(host);
    if (this.#read(host).shut_ms === 0) return;
    this.#known.set(host, { record: nothing(host), readMs: this.#store.clock.monotonic() });
    this.#write(() => removeRecord(this.#path(host), { durable: false }));
  }

  #shut(host: string): void {
    const record = this.#read(host);
    if (record.shut_until_ms - this.#now() > PROBE_MS) return;
    const shutMs = Math.min(MAX_SHUT_MS, record.shut_ms === 0 ? SHUT_MS : record.shut_ms * 2);
    this.#save({ ...record, shut_ms: shutMs, shut_until_ms: this.#now() + shutMs });
  }

  #slowDown(host: string, error: ModelError): void {
    const { retry_after_ms: afterMs } = error.details;
    if (typeof afterMs !== 'number' || afterMs <= 0) return;
    const record = this.#read(host);
    const untilMs = this.#now() + Math.min(afterMs, LONGEST_PAUSE_MS);
    if (afterMs > MAX_PAUSE_MS) this.#save({ ...record, shut_until_ms: untilMs, shut_ms: Math.min(afterMs, LONGEST_PAUSE_MS) });
    else if (untilMs > record.paused_until_ms) this.#save({ ...record, paused_until_ms: untilMs });
  }

  #read(host: string): HostRecord {
    const nowMs = this.#store.clock.monotonic();
    const known = this.#known.get(host);
    if (known !== undefined && nowMs - known.readMs < FRESH_MS) return known.record;
    const read = readRecord<HostRecord>(this.#path(host));
    const record = read?.host === host ? read : nothing(host);
    this.#known.set(host, { record, readMs: nowMs });
    return record;
  }

  #save(record: HostRecord): void {
    this.#known.set(record.host, { record, readMs: this.#store.clock.monotonic() });
    this.#write(() => writeRecord(this.#store, this.#path(record.host), record, { durable: false }));
  }

  #path(host: string): string {
    return this.#store.resolver.stateFile('hosts', host);
  }

  #now(): number {
    return this.#store.clock.now();
  }
}

/** Of the host, not of one file or of who asks. */
function isHostFailure({ code, reason, retryable }: ModelError): boolean {
  if (code === 'NETWORK_TIMEOUT') return reason !== 'total_timeout';
  return code === 'SOURCE_UNAVAILABLE' && (retryable || reason === 'dns' || reason === 'refused');
}
