/** Which files a source has said that it does not have, or not for us: remembered for a while by all processes of a root. */
import { hash } from 'node:crypto';
import type { ModelError } from '../domain/errors.ts';
import type { AskedSource } from '../domain/traffic.ts';
import type { StoreContext } from '../store/context.ts';
import { listNames } from '../store/list-names.ts';
import { readRecord, removeRecord, writeRecord } from '../store/record.ts';
import { type FailureNote, noteOf } from './host-record.ts';

/** Credentials may come any moment: a refusal is not remembered for longer. */
const REFUSED_TTL_MS = 60_000;
/** Looking for ended records is not worth it for fewer. */
const SWEEP_ABOVE = 1000;

/** A file at a source. */
interface AbsentPlace {
  /** Redacted. */
  readonly label: string;
  readonly path: string;
}

interface AbsentRecord extends FailureNote {
  /** Redacted label. */
  readonly source: string;
  readonly path: string;
  readonly until_ms: number;
}

export const absentRecordPath = ({ resolver }: StoreContext, { label, path }: AbsentPlace): string =>
  resolver.stateFile('absent', hash('sha256', `${label}\n${path}`));

/** What is on record and still holds. */
export function readAbsent({ store, absentTtlMs }: AbsentRules, place: AbsentPlace): AbsentRecord | undefined {
  if (absentTtlMs === 0) return undefined;
  const record = readRecord<AbsentRecord>(absentRecordPath(store, place));
  if (record?.source !== place.label || record.path !== place.path) return undefined;
  const leftMs = record.until_ms - store.clock.now();
  return leftMs > 0 && leftMs <= absentTtlMs ? record : undefined;
}

export interface AbsentRules {
  readonly store: StoreContext;
  /** 0: nothing is remembered. */
  readonly absentTtlMs: number;
}

export interface AbsentFilesOptions extends AbsentRules {
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
    return isMemorable(source) && readAbsent(this.#options, placeOf(source)) !== undefined;
  }

  failed(source: AskedSource, error: ModelError): void {
    const { store, absentTtlMs: ttlMs, write } = this.#options;
    const isRefused = error.code === 'AUTH_FAIL' || error.code === 'GATED';
    if (ttlMs === 0 || !isMemorable(source) || !(isRefused || error.reason === 'not_found')) return;
    const nowMs = store.clock.now();
    const until_ms = nowMs + Math.min(ttlMs, isRefused ? REFUSED_TTL_MS : ttlMs);
    const { label, path } = placeOf(source);
    const body: AbsentRecord = { source: label, path, ...noteOf(error, nowMs), until_ms };
    write(async () => {
      await this.#sweep();
      await writeRecord(store, absentRecordPath(store, { label, path }), body, { durable: false });
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
}

const placeOf = ({ backend, path }: AskedSource): AbsentPlace => ({ label: backend.label, path });

/** A file's own URL may be signed anew under the same label; what lies on this machine is looked at, not remembered. */
const isMemorable = ({ backend, path }: AskedSource): boolean => backend.host !== undefined && path !== '';
