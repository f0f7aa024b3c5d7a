/** The reading part of `verify`: which files, what is known of them from a verification that did not end, and how far this one has come. */
import { hash } from 'node:crypto';
import type { Sha256 } from '../domain/digest.ts';
import type { Emit } from '../domain/events.ts';
import { isInSubset } from '../domain/subset.ts';
import type { InspectedFile } from '../store/inspect-snapshot.ts';
import { compareKeys, readStatKey, type StatKey } from '../store/stat-key.ts';
import { type CheckedBefore, VerifyProgress } from '../store/verify-progress.ts';
import type { VerifyOptions } from './api.ts';
import { type CheckedFile, checkBytes, type FileToCheck } from './check-bytes.ts';
import type { Orchestration } from './orchestration.ts';
import type { Target } from './target.ts';
import { unlessUnwritable } from './unless-unwritable.ts';

/** What a caller within the orchestrator wants besides. */
export interface Quietly {
  /** Change nothing on disk: no mark, no leaves, no lock, no note of progress. */
  readonly changesNothing?: boolean;
}

export interface ReadRequest extends VerifyOptions, Quietly {
  readonly files: readonly InspectedFile[];
  readonly emit: Emit;
}

export interface ReadFile extends CheckedFile {
  /** From before it was read. */
  readonly key: StatKey | undefined;
  readonly isEarlier?: boolean;
}

/**
 * By the manifest's sha256, else by the one that the bytes had when they were proven: they are those that matched what a source
 * published then, whatever kind of digest that was.
 */
export const expectedOf = ({ spec, published }: InspectedFile): Sha256 | undefined => spec.sha256 ?? published?.sha256;

export const judgedFiles = (files: readonly InspectedFile[], { subset }: VerifyOptions): readonly InspectedFile[] =>
  files.filter(
    (file) =>
      file.condition !== 'left-out' && (subset === undefined || isInSubset(subset, expectedOf(file) ?? hash('sha256', file.spec.path))),
  );

/** By path; what is missing is left out. */
export async function readFiles(work: Orchestration, target: Target, request: ReadRequest): Promise<Map<string, ReadFile>> {
  const progress = new Progress(work, target, request);
  const present = request.files.filter((file) => file.condition !== 'missing').map((file) => toCheck(work, target, file));
  const earlier = present.flatMap((file) => progress.earlier(file) ?? []);
  const skipped = new Map(earlier.map((file) => [file.name, file.read]));
  const open = present.filter(({ name }) => !skipped.has(name));
  const { signal, deep, limitRateBytesPerSecond, emit } = request;
  const checked = await progress.whileKept(() =>
    checkBytes(work, open, {
      ...(signal && { signal }),
      ...(deep && { deep }),
      ...(limitRateBytesPerSecond !== undefined && { limitRateBytesPerSecond }),
      onProgress: (doneBytes, totalBytes) => emit({ type: 'verify.progress', doneBytes, totalBytes }),
      onChecked: (index, read) => progress.add(open[index], read),
    }),
  );
  return new Map([
    ...skipped,
    ...open.map(({ name, key }, index): [string, ReadFile] => [name, { ...(checked[index] as CheckedFile), key }]),
  ]);
}

interface OpenFile extends FileToCheck {
  /** Path inside the model. */
  readonly name: string;
  readonly key: StatKey | undefined;
}

function toCheck({ store }: Orchestration, target: Target, file: InspectedFile): OpenFile {
  const { path: name, sizeBytes } = file.spec;
  const digest = expectedOf(file);
  const path = store.resolver.modelFile(target.directory, name);
  return { name, path, sizeBytes, key: readStatKey(path), ...(digest && { digest }) };
}

const SAVE_MS = 2000;

/** Kept every few seconds and where the verification is cut short; removed at its end. */
class Progress {
  readonly #work: Orchestration;
  readonly #request: ReadRequest;
  readonly #record: VerifyProgress;
  readonly #before: ReadonlyMap<string, CheckedBefore>;
  readonly #done = new Map<string, CheckedBefore>();
  #savedMs: number;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(work: Orchestration, { spec }: Target, request: ReadRequest) {
    this.#work = work;
    this.#request = request;
    this.#record = new VerifyProgress(work.store, spec.family, spec.ref);
    this.#before = request.resume ? this.#record.read() : new Map();
    this.#savedMs = work.store.clock.monotonic();
  }

  /** Of a file that is still as it was when it was found right. Pieces are not enough for who wants whole files hashed. */
  earlier({ name, digest, key }: OpenFile): { readonly name: string; readonly read: ReadFile } | undefined {
    const before = this.#before.get(name);
    if (before === undefined || key === undefined || before.sha256 !== digest) return undefined;
    if (this.#request.deep && before.by !== 'sha256') return undefined;
    const comparison = compareKeys(before.key, key);
    const isSame = comparison === 'same' || (comparison === 'touched' && this.#work.blobs.ledger.proves(digest, key));
    if (!isSame) return undefined;
    this.#done.set(name, before);
    return { name, read: { sha256: digest, sizeBytes: key.sizeBytes, by: before.by, isEarlier: true, key } };
  }

  add(file: OpenFile | undefined, { sha256, sizeBytes, by }: CheckedFile): void {
    if (file?.key === undefined || sha256 === undefined || file.digest !== sha256 || sizeBytes !== file.sizeBytes) return;
    this.#done.set(file.name, { sha256, by, key: file.key });
    const now = this.#work.store.clock.monotonic();
    if (now - this.#savedMs < SAVE_MS) return;
    this.#savedMs = now;
    this.#save();
  }

  async whileKept<T>(read: () => Promise<T>): Promise<T> {
    try {
      const result = await read();
      await this.#saving;
      if (!this.#request.changesNothing) await unlessUnwritable(() => this.#record.remove());
      return result;
    } catch (error) {
      this.#save();
      await this.#saving;
      throw error;
    }
  }

  #save(): void {
    if (this.#request.changesNothing || this.#done.size === 0) return;
    // What a note of progress fails at stops no verification; whoever needs that room or right hears of it elsewhere.
    this.#saving = this.#saving.then(() => this.#record.write(this.#done)).catch(() => undefined);
  }
}
