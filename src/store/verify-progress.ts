/** How far a verification came that did not end: files that were read whole and found right, as they were then. */
import { parseSha256, type Sha256 } from '../domain/digest.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { StoreContext } from './context.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';
import type { StatKey } from './stat-key.ts';

export interface CheckedBefore {
  readonly sha256: Sha256;
  readonly by: 'sha256' | 'pieces';
  /** As it was before it was read. */
  readonly key: StatKey;
}

interface ProgressRecord {
  readonly files: readonly {
    readonly path: string;
    readonly sha256: string;
    readonly by: CheckedBefore['by'];
    readonly size: number;
    readonly ino: string;
    readonly mtime_ns: string;
    readonly ctime_ns: string;
  }[];
}

/** Of one snapshot. */
export class VerifyProgress {
  readonly #context: StoreContext;
  readonly #path: string;

  constructor(context: StoreContext, family: string, ref: CanonicalRef) {
    this.#context = context;
    this.#path = context.resolver.stateFile('verify', context.resolver.refName(family, ref));
  }

  /** By path. */
  read(): Map<string, CheckedBefore> {
    const { files = [] } = readRecord<ProgressRecord>(this.#path) ?? {};
    return new Map(
      files.flatMap(({ path, by, size, ino, mtime_ns, ctime_ns, ...file }): [string, CheckedBefore][] => {
        const sha256 = parseSha256(file.sha256);
        return sha256 === undefined ? [] : [[path, { sha256, by, key: { sizeBytes: size, ino, mtimeNs: mtime_ns, ctimeNs: ctime_ns } }]];
      }),
    );
  }

  /** Not durable: lost, files are read once more. */
  async write(files: ReadonlyMap<string, CheckedBefore>): Promise<void> {
    const rows = [...files].map(([path, { sha256, by, key }]) => {
      const { sizeBytes: size, ino, mtimeNs: mtime_ns, ctimeNs: ctime_ns } = key;
      return { path, sha256, by, size, ino, mtime_ns, ctime_ns };
    });
    await writeRecord(this.#context, this.#path, { files: rows } satisfies ProgressRecord, { durable: false });
  }

  async remove(): Promise<void> {
    await removeRecord(this.#path, { durable: false });
  }
}
