/** What is remembered against a source, for people; and forgetting it. */
import type { SourceFailureNote } from '../domain/results.ts';
import type { StoreContext } from '../store/context.ts';
import { removeRecord } from '../store/record.ts';
import { absentRecordPath, readAbsent } from './absent-files.ts';
import { type FailureNote, hostRecordPath, isPausedAt, isShutAt, readHostRecord } from './host-record.ts';

export interface KnownPlace {
  /** Redacted. */
  readonly label: string;
  readonly host: string;
  /** Paths at the source that are of interest. */
  readonly paths: readonly string[];
}

export interface KnownFailuresOptions {
  readonly store: StoreContext;
  /** How long a source's word that it has not got a file is kept; 0: not at all. */
  readonly absentTtlMs: number;
}

export class KnownFailures {
  readonly #options: KnownFailuresOptions;

  constructor(options: KnownFailuresOptions) {
    this.#options = options;
  }

  /** Of the host first, then of files. Changes nothing. */
  of(place: KnownPlace): readonly SourceFailureNote[] {
    return [...this.#ofHost(place), ...place.paths.flatMap((path) => this.#ofFile(place, path))];
  }

  /** From the next question on the source is asked in its turn, by every process. @returns how many records there were */
  async forget(place: KnownPlace): Promise<number> {
    const { store } = this.#options;
    const notes = this.of(place);
    if (notes.length === 0) return 0;
    await removeRecord(hostRecordPath(store, place.host), { durable: false });
    for (const path of place.paths) await removeRecord(absentRecordPath(store, { label: place.label, path }), { durable: false });
    return notes.length;
  }

  #ofHost({ host }: KnownPlace): SourceFailureNote[] {
    const { store } = this.#options;
    const record = readHostRecord(store, host);
    const nowMs = store.clock.now();
    if (record.last_failure === undefined) return [];
    const untilMs = Math.max(isShutAt(record, nowMs) ? record.shut_until_ms : 0, isPausedAt(record, nowMs) ? record.paused_until_ms : 0);
    return [{ ...noted(record.last_failure), ...until(untilMs) }];
  }

  #ofFile({ label }: KnownPlace, path: string): SourceFailureNote[] {
    const record = readAbsent(this.#options, { label, path });
    return record === undefined ? [] : [{ ...noted(record), file: path, ...until(record.until_ms) }];
  }
}

const noted = ({ code, reason, at_ms }: FailureNote): Pick<SourceFailureNote, 'code' | 'reason' | 'at'> => ({
  code,
  ...(reason !== undefined && { reason }),
  at: isoOf(at_ms),
});

const until = (ms: number): Pick<SourceFailureNote, 'until'> => (ms > 0 ? { until: isoOf(ms) } : {});

const isoOf = (ms: number): string => new Date(ms).toISOString();
