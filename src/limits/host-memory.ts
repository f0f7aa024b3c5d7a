/**
 * What all processes of a root know of hosts: which one asked for patience, and which one fails again and again (a circuit
 * breaker). One small record a host; a lost one costs a request or two.
 */
import type { ModelError } from '../domain/errors.ts';
import type { SourceFailure } from '../domain/traffic.ts';
import type { StoreContext } from '../store/context.ts';
import { removeRecord, writeRecord } from '../store/record.ts';
import {
  type HostRecord,
  hostRecordPath,
  isPausedAt,
  isShutAt,
  MAX_PAUSE_MS,
  noteOf,
  nothingOf,
  PROBE_MS,
  readHostRecord,
} from './host-record.ts';

/** Files in a row that used up their tries, without a byte for anybody in this process, after which a host is shut. */
const FAILURES_TO_SHUT = 3;
const SHUT_MS = 30_000;
const MAX_SHUT_MS = 600_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** How old what was read may be. */
const FRESH_MS = 500;

interface Known {
  readonly record: HostRecord;
  readonly readMs: number;
}

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
    return isPausedAt(this.#read(host), this.#now());
  }

  isShut(host: string): boolean {
    return isShutAt(this.#read(host), this.#now());
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
    const record = { ...this.#read(host), last_failure: noteOf(error, this.#now()) };
    const isProbe = record.shut_ms > 0;
    this.#save(failures >= FAILURES_TO_SHUT || isProbe ? this.#shut(record) : record);
  }

  served(host: string): void {
    this.#failures.delete(host);
    const record = this.#read(host);
    const isPaused = isPausedAt(record, this.#now());
    if (record.shut_ms === 0 && (isPaused || record.last_failure === undefined)) return;
    // Bytes that were on their way are no word that it needs no more patience.
    if (isPaused) this.#save({ ...record, shut_until_ms: 0, shut_ms: 0 });
    else this.#forget(host);
  }

  #forget(host: string): void {
    this.#known.set(host, { record: nothingOf(host), readMs: this.#store.clock.monotonic() });
    this.#write(() => removeRecord(hostRecordPath(this.#store, host), { durable: false }));
  }

  #shut(record: HostRecord): HostRecord {
    if (record.shut_until_ms - this.#now() > PROBE_MS) return record;
    const shutMs = Math.min(MAX_SHUT_MS, record.shut_ms === 0 ? SHUT_MS : record.shut_ms * 2);
    return { ...record, shut_ms: shutMs, shut_until_ms: this.#now() + shutMs };
  }

  #slowDown(host: string, error: ModelError): void {
    const { retry_after_ms: afterMs } = error.details;
    if (typeof afterMs !== 'number' || afterMs <= 0) return;
    const record = { ...this.#read(host), last_failure: noteOf(error, this.#now()) };
    const untilMs = this.#now() + Math.min(afterMs, LONGEST_PAUSE_MS);
    if (afterMs > MAX_PAUSE_MS) this.#save({ ...record, shut_until_ms: untilMs, shut_ms: Math.min(afterMs, LONGEST_PAUSE_MS) });
    else if (untilMs > record.paused_until_ms) this.#save({ ...record, paused_until_ms: untilMs });
  }

  #read(host: string): HostRecord {
    const nowMs = this.#store.clock.monotonic();
    const known = this.#known.get(host);
    if (known !== undefined && nowMs - known.readMs < FRESH_MS) return known.record;
    const record = readHostRecord(this.#store, host);
    this.#known.set(host, { record, readMs: nowMs });
    return record;
  }

  #save(record: HostRecord): void {
    this.#known.set(record.host, { record, readMs: this.#store.clock.monotonic() });
    this.#write(() => writeRecord(this.#store, hostRecordPath(this.#store, record.host), record, { durable: false }));
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
