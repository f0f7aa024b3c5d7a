/** Digests under whose name a verification found other bytes; they stay marked until healed. */
import type { Sha256 } from '../domain/digest.ts';
import type { StoreContext } from './context.ts';
import { listNames } from './list-names.ts';
import { removeRecord, writeRecord } from './record.ts';

export class CorruptMarks {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Usually empty, hence one call for all instead of one a file. The mere name counts: a torn mark is a mark. */
  all(): ReadonlySet<string> {
    return new Set(listNames(this.#context.resolver.stateDir('corrupt')));
  }

  async mark(digest: Sha256, found: string): Promise<void> {
    const at = new Date(this.#context.clock.now()).toISOString();
    await writeRecord(this.#context, this.#path(digest), { found, at }, { durable: true });
  }

  async clear(digest: Sha256): Promise<void> {
    await removeRecord(this.#path(digest), { durable: true });
  }

  #path(digest: Sha256): string {
    return this.#context.resolver.stateFile('corrupt', digest);
  }
}
