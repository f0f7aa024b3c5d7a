/** What must be done between ranges, while none of a source may begin: finding the way to a file, forgetting what is of no state. */
import { type FileSource, isLocallyReadable } from '../backends/backend.ts';
import { asModelError, type ModelError } from '../domain/errors.ts';
import { unlessAborted } from '../util/unless-aborted.ts';
import { cloneFile } from './clone-file.ts';
import type { FileState } from './file-state.ts';
import type { SourceAccess } from './source-access.ts';
import { stallError } from './stall-error.ts';

export interface SourcePreparationOptions {
  readonly state: FileState;
  readonly source: FileSource;
  readonly access: SourceAccess;
  readonly stallTimeoutMs: number;
  /** Whether a local file may be shared (reflink) rather than copied. */
  readonly mayClone: boolean;
  readonly onFailed: (error: ModelError) => void;
  readonly monotonicMs: () => number;
  /** Also after a failure. */
  readonly onDone: () => void;
}

export class SourcePreparation {
  readonly #o: SourcePreparationOptions;
  #isUnderWay = false;
  /** Of the way to the file, while it is looked for. */
  #search: { readonly sinceMs: number; readonly stop: AbortController } | undefined;

  constructor(options: SourcePreparationOptions) {
    this.#o = options;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** How long the way to the file has been looked for; 0: it is not. */
  searchedMs(nowMs: number): number {
    return this.#search === undefined ? 0 : nowMs - this.#search.sinceMs;
  }

  /** Nobody needs the way any more: it was no failure that it was not found. */
  giveUp(): void {
    this.#search?.stop.abort();
  }

  /** Finds out how the file is reached. */
  begin(): void {
    const { source, state, access, stallTimeoutMs, onFailed, monotonicMs } = this.#o;
    const stop = new AbortController();
    this.#search = { sinceMs: monotonicMs(), stop };
    // Time-out of its own: no range runs yet that the watchdog could see.
    const patience = AbortSignal.timeout(stallTimeoutMs);
    const failed = (error: unknown) => {
      if (stop.signal.aborted) return;
      onFailed(patience.aborted ? this.#stalled() : asModelError(error));
    };
    const signal = AbortSignal.any([state.signal, patience, stop.signal]);
    this.#do(async () => {
      // A file system that hangs in the kernel heeds no signal.
      await unlessAborted(access.prepare(signal), signal, `looking for ${source.path}`);
      await this.#clone();
    }, failed);
  }

  /** Each further look at a file system that hangs would cost one more of the few threads that all file calls go through. */
  #stalled(): ModelError {
    const { source, stallTimeoutMs } = this.#o;
    const error = stallError(source.backend.label, 'stalled', stallTimeoutMs);
    return isLocallyReadable(source.backend) ? error.with({ retryable: false }) : error;
  }

  /** The source changed under our reading: what came from it in such a state is of no state at all. */
  drop(states: Set<number>): void {
    const { state } = this.#o;
    const indices = new Set(states);
    this.#do(
      async () => {
        await state.drop((_, index) => indices.has(index));
        states.clear();
      },
      (error) => state.fail(asModelError(error)),
    );
  }

  #do(work: () => Promise<void>, onError: (error: unknown) => void): void {
    this.#isUnderWay = true;
    work()
      .catch(onError)
      .finally(() => {
        this.#isUnderWay = false;
        this.#search = undefined;
        this.#o.onDone();
      });
  }

  /** A local file that shares its extents needs no copy. */
  async #clone(): Promise<void> {
    const { state, mayClone, source, access } = this.#o;
    const origin = access.origin();
    if (!mayClone || origin.kind !== 'local' || state.heldBytes > 0) return;
    const validator = await cloneFile(origin.path, state.file.partial);
    if (validator === undefined) return;
    const fetchedBytes = source.isHere === true ? 0 : state.file.partial.sizeBytes;
    state.adoptAll(state.sourceIndex(source.backend.label, validator), fetchedBytes);
  }
}
