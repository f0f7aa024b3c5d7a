/** Which files a source has said that it does not have, or not for us: remembered for a while by all processes of a root. */
import { hash } from 'node:crypto';
import type { ModelError } from '../domain/errors.ts';
import type { AskedSource } from '../domain/traffic.ts';
import type { StoreContext } from '../store/context.ts';
import { listNames } from '../store/list-names.ts';
import { readRecord, removeRecord, writeRecord } from '../store/record.ts';

/** Credentials may come any moment: a refusal is not remembered for longer. */
const REFUSED_TTL_MS = 60_000;
/** Looking for ended records is not worth it for fewer. */
const SWEEP_ABOVE = 1000;

interface AbsentRecord {
  /** Redacted label. */
  readonly source: string;
  readonly path: string;
  readonly reason: string;
  /** Of the wall clock, in ms. */
  readonly until_ms: number;
}

export interface AbsentFilesOptions {
  readonly store: StoreContext;
  /** 0: nothing is remembered. */
  readonly ttlMs: number;
  /** Runs a write in the background; its failure costs no download. */
  readonly write: (work: () => Promise<void>) => void;
}

export class AbsentFiles {
  readonly #options: AbsentFilesOptions;
  #isSwept = false;

  constructor(options: AbsentFilesOptions) {
    this.#options = options;
  }

  isAbsent(source: AskedSource): boolean {
    const { store, ttlMs } = this.#options;
    if (ttlMs === 0 || !isMemorable(source)) return false;
    const record = readRecord<AbsentRecord>(this.#path(source));
    if (record?.source !== source.backend.label || record.path !== source.path) return false;
    const leftMs = record.until_ms - store.clock.now();
    return leftMs > 0 && leftMs <= ttlMs;
  }

  failed(source: AskedSource, error: ModelError): void {
    const { store, ttlMs, write } = this.#options;
    const isRefused = error.code === 'AUTH_FAIL' || error.code === 'GATED';
    if (ttlMs === 0 || !isMemorable(source) || !(isRefused || error.reason === 'not_found')) return;
    const until_ms = store.clock.now() + Math.min(ttlMs, isRefused ? REFUSED_TTL_MS : ttlMs);
    const body: AbsentRecord = { source: source.backend.label, path: source.path, reason: error.reason ?? error.code, until_ms };
    write(async () => {
      await this.#sweep();
      await writeRecord(store, this.#path(source), body, { durable: false });
    });
  }

  /** Once a process: records that have ended are of use to nobody. */
  async #sweep(): Promise<void> {
    if (this.#isSwept) return;
    this.#isSwept = true;
    const { store } = this.#options;
    const names = listNames(store.resolver.stateDir('absent'));
    if (names.length <= SWEEP_ABOVE) return;
    for (const name of names) {
      const path = store.resolver.stateFile('absent', name);
      const record = readRecord<AbsentRecord>(path);
      if (record === undefined || record.until_ms < store.clock.now()) await removeRecord(path, { durable: false });
    }
  }

  #path({ backend, path }: AskedSource): string {
    return this.#options.store.resolver.stateFile('absent', hash('sha256', `${backend.label}\n${path}`));
  }
}

/** A file's own URL may be signed anew under the same label; what lies on this machine is looked at, not remembered. */
const isMemorable = ({ backend, path }: AskedSource): boolean => backend.host !== undefined && path !== '';
