/** Digests under whose name a verification found other bytes, or whose bytes may not be on disk; they stay marked until healed. */
import type { Sha256 } from '../domain/digest.ts';
import type { ModelError } from '../domain/errors.ts';
import { bootId } from '../util/boot-id.ts';
import type { StoreContext } from './context.ts';
import { listNames } from './list-names.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';

interface MarkRecord {
  readonly found: string;
  /** ISO 8601. */
  readonly at: string;
  /** Of a failed fsync: until the machine starts anew its memory may have bytes that the disk has not. */
  readonly unsynced_boot_id?: string;
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
    await this.#write(digest, { found });
  }

  /** After a failed fsync the kernel may call lost pages clean: whoever reads them finds them right, and the next fsync says that all is well. */
  async markUnsynced(digest: Sha256, { details }: ModelError): Promise<void> {
    await this.#write(digest, { found: `not on disk (${String(details.errno)})`, unsynced_boot_id: bootId() });
  }

  /** Whether no reading proves these bytes, but only their being written anew. */
  isUnsynced(digest: Sha256): boolean {
    return readRecord<MarkRecord>(this.#path(digest))?.unsynced_boot_id === bootId();
  }

  async clear(digest: Sha256): Promise<void> {
    await removeRecord(this.#path(digest), { durable: true });
  }

  async #write(digest: Sha256, mark: Omit<MarkRecord, 'at'>): Promise<void> {
    const at = new Date(this.#context.clock.now()).toISOString();
    await writeRecord(this.#context, this.#path(digest), { ...mark, at } satisfies MarkRecord, { durable: true });
  }

  #path(digest: Sha256): string {
    return this.#context.resolver.stateFile('corrupt', digest);
  }
}
