/** Which blobs are proven, by the identity of their inode: so that nobody hashes the same bytes twice. */
import type { Sha256 } from '../domain/digest.ts';
import type { StoreContext } from './context.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';
import { compareKeys, isUntouched, type StatKey } from './stat-key.ts';

interface LedgerRecord {
  readonly ino: string;
  readonly size: number;
  readonly mtime_ns: string;
  readonly ctime_ns: string;
  /** ISO 8601. */
  readonly proven_at: string;
}

export class Ledger {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Whether the inode with this key was proven to hold the bytes of `digest` and nothing touched it since. */
  proves(digest: Sha256, key: StatKey): boolean {
    const record = readRecord<LedgerRecord>(this.#path(digest));
    return record !== undefined && compareKeys(fromRecord(record), key) === 'same';
  }

  /** When its bytes were last read and right, as ms since the epoch; undefined where that is not on record, whatever has become of them since. */
  provenAtMs(digest: Sha256): number | undefined {
    const at = Date.parse(readRecord<LedgerRecord>(this.#path(digest))?.proven_at ?? '');
    return Number.isNaN(at) ? undefined : at;
  }

  /** Its bytes were just read and right. Call under the digest's lock, with a key read after the last link, chmod or rename. */
  async record(digest: Sha256, key: StatKey): Promise<void> {
    await this.#write(digest, key, new Date(this.#context.clock.now()).toISOString());
  }

  /** Of a proven blob that was given or lost a name: nobody has read its bytes, so that one which was written to since stays unproven. Call as {@link record}. */
  async rekey(digest: Sha256, key: StatKey): Promise<void> {
    const record = readRecord<LedgerRecord>(this.#path(digest));
    if (record !== undefined && isUntouched(fromRecord(record), key)) await this.#write(digest, key, record.proven_at);
  }

  async forget(digest: Sha256): Promise<void> {
    await removeRecord(this.#path(digest), { durable: false });
  }

  async #write(digest: Sha256, key: StatKey, provenAt: string): Promise<void> {
    const record: LedgerRecord = {
      ino: key.ino,
      size: key.sizeBytes,
      mtime_ns: key.mtimeNs,
      ctime_ns: key.ctimeNs,
      proven_at: provenAt,
    };
    await writeRecord(this.#context, this.#path(digest), record, { durable: false });
  }

  #path(digest: Sha256): string {
    return this.#context.resolver.stateFile('ledger', digest);
  }
}

const fromRecord = (record: LedgerRecord): StatKey => ({
  ino: record.ino,
  sizeBytes: record.size,
  mtimeNs: record.mtime_ns,
  ctimeNs: record.ctime_ns,
});
