/** Digests under whose name a verification found other bytes; they stay marked until healed. */
import type { Sha256 } from '../domain/digest.ts';
import type { StoreContext } from './context.ts';
import { listNames } from './list-names.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';

interface MarkRecord {
  readonly found: string;
  /** ISO 8601. */
  readonly at: string;
}

export class CorruptMarks {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Usually empty, hence one call for all instead of one a file. The mere name counts: a torn mark is a mark. */
  all(): ReadonlySet<string> {
    return new Set(listNames(this.#context.resolver.stateDir('corrupt')));
  }

  /** What was found and when; undefined where there is no mark. One that is torn says neither. */
  read(digest: Sha256): { readonly found: string; readonly atMs: number } | undefined {
    const record = readRecord<MarkRecord>(this.#path(digest));
    return record && { found: record.found, atMs: Date.parse(record.at) };
  }

  async mark(digest: Sha256, found: string): Promise<void> {
    const at = new Date(this.#context.clock.now()).toISOString();
    await writeRecord(this.#context, this.#path(digest), { found, at } satisfies MarkRecord, { durable: true });
  }

  async clear(digest: Sha256): Promise<void> {
    await removeRecord(this.#path(digest), { durable: true });
  }

  #path(digest: Sha256): string {
    return this.#context.resolver.stateFile('corrupt', digest);
  }
}
