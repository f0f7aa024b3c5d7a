/** One file from its sources to its proof. */
import type { FileSource } from '../backends/backend.ts';
import { cancelledError } from '../domain/cancelled.ts';
import { sha256Of } from '../domain/digest.ts';
import type { Attempt, ModelError } from '../domain/errors.ts';
import { combinedError, type FailedSource } from './combined-error.ts';
import { describeExpected, foundFor, otherAlgorithm } from './expected.ts';
import type { FileState } from './file-state.ts';
import type { HashResult, LaneEvent } from './lane-protocol.ts';
import { errorOfFault } from './range-fault.ts';
import { SourceRun } from './source-run.ts';
import type { EndedEarly, SourceRunOptions } from './source-run-options.ts';
import { SourceTeam } from './source-team.ts';
import { SourceTrust } from './source-trust.ts';
import type { TeamView } from './team-view.ts';
import type { ToldRun } from './told-run.ts';
import type { TransferFile, TransferOutcome } from './transfer.ts';

export type FileTransferOptions = Omit<SourceRunOptions, 'source' | 'hasAlternative' | 'onAttempt' | 'team'>;

const PROGRESS_MS = 100;
const RECEIVED_MS = 5000;

export class FileTransfer {
  readonly #options: FileTransferOptions;
  readonly #state: FileState;
  readonly #file: TransferFile;
  readonly #trust: SourceTrust;
  readonly #attempts: Attempt[] = [];
  /** By label. */
  readonly #failed = new Map<string, FailedSource>();
  #onHash: ((result: HashResult) => void) | undefined;
  #result: { readonly generation: number; readonly result: HashResult } | undefined;
  #shownBytes = -1;

  constructor(options: FileTransferOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#file = options.state.file;
    const { sources, isForced: fresh = false } = this.#file;
    this.#trust = new SourceTrust(options.traffic?.order(sources, { fresh }) ?? sources, options.retry.attempts);
  }

  async run(): Promise<TransferOutcome> {
    const timer = setInterval(() => this.#showProgress(), PROGRESS_MS);
    const slowTimer = setInterval(() => this.#state.tellReceived(), RECEIVED_MS);
    this.#openHash();
    let outcome: TransferOutcome;
    try {
      this.#announce();
      outcome = await this.#complete();
    } finally {
      clearInterval(timer);
      clearInterval(slowTimer);
      this.#showProgress();
      this.#state.tellComing(0);
      this.#state.tellReceived();
      this.#closeHash();
      await this.#state.settled();
    }
    // The last sync may have failed since: what it was to write is not on disk, and no later sync would say so.
    this.#throwIfAborted();
    return outcome;
  }

  async #complete(): Promise<TransferOutcome> {
    for (;;) {
      await this.#fetchMissing();
      const allHereMs = this.#options.clock.monotonic();
      const result = await this.#hashed();
      const { expected, name: file, emit } = this.#file;
      const found = expected === undefined ? undefined : foundFor(expected, result);
      const ok = found === undefined || found === expected?.digest.hex;
      emit({ type: 'file.hashed', file, ok, durationMs: this.#options.clock.monotonic() - allHereMs });
      if (found === undefined || ok) return this.#proven(result);
      await this.#distrust(found);
    }
  }

  // --- bytes ---

  async #fetchMissing(): Promise<void> {
    while (!this.#state.isComplete) {
      this.#throwIfAborted();
      if (this.#trust.next() !== undefined) await this.#fetchFrom(() => this.#trust.trusted());
      else await this.#fetchAlone(await this.#lastResort());
    }
    this.#throwIfAborted();
  }

  #fetchAlone(source: FileSource | undefined): Promise<void> {
    if (source === undefined) throw this.#givenUp();
    let left = [source];
    return this.#fetchFrom(
      () => left,
      () => (left = []),
    );
  }

  async #fetchFrom(candidates: () => readonly FileSource[], onFailed: () => void = () => undefined): Promise<void> {
    const team = new SourceTeam({
      state: this.#state,
      candidates,
      wake: () => this.#options.scheduler.pump(),
      makeRun: (source, view) => this.#makeRun(source, view),
      onEnded: (source, result, effort) => {
        onFailed();
        return this.#lost(source, result, effort);
      },
      monotonicMs: () => this.#options.clock.monotonic(),
    });
    await team.run();
  }

  #makeRun(source: FileSource, team: TeamView): SourceRun {
    const onAttempt = (attempt: Attempt) => this.#attempts.push(attempt);
    return new SourceRun({ ...this.#options, source, team, hasAlternative: this.#trust.hasOther(source), onAttempt });
  }

  async #lost(source: FileSource, { error, ...result }: EndedEarly, { durationMs, receivedBytes }: ToldRun): Promise<void> {
    const { label } = source.backend;
    if (result.kind === 'set-aside') this.#trust.setAside(source, result.helped);
    else this.#trust.failed(source);
    this.#failed.set(label, { label, error });
    this.#file.emit({ type: 'source.failed', source: label, file: this.#file.name, error: error.toJSON(), durationMs, receivedBytes });
    // Without a digest, a complete file from a source that failed is of unknown worth.
    if (this.#file.expected === undefined && this.#state.isComplete) await this.#state.drop(() => true);
  }

  /** A source under suspicion gives the whole file, or nobody does; then one that lied, perhaps through no fault of its own. */
  async #lastResort(): Promise<FileSource | undefined> {
    const source = this.#trust.lastResort() ?? this.#trust.secondChance();
    if (source !== undefined) await this.#state.drop(() => true);
    return source;
  }

  // --- proof ---

  async #distrust(found: string): Promise<void> {
    const suppliers = [...this.#state.suppliers()].map((index) => ({ index, label: this.#state.labelOf(index) }));
    const verdict = this.#trust.mismatch({ suppliers, hasResumed: this.#state.resumed.size > 0, found });
    const { resumed } = this.#state;
    this.#state.fragments.clear();
    switch (verdict.kind) {
      case 'distrust-resumed':
        return this.#state.drop((piece) => resumed.has(piece));
      case 'liar':
        this.#accuse(verdict.label, found);
        return this.#state.drop(() => true);
      case 'suspect':
        return this.#state.drop((_, index) => index === verdict.index);
    }
  }

  #accuse(label: string, found: string): void {
    const { name, expected, emit } = this.#file;
    if (expected === undefined) throw new Error('bytes are wrong only where it is known what they should be');
    this.#attempts.push({
      source: label,
      file: name,
      code: 'CHECKSUM_FAIL',
      message: `expected ${describeExpected(expected)}, found ${found}`,
    });
    emit({ type: 'source.lied', source: label, file: name, expected: expected.digest.hex, found });
  }

  #proven(result: HashResult): TransferOutcome {
    const liar = this.#trust.match();
    if (liar !== undefined) this.#accuse(liar.label, liar.found);
    const labels = [...this.#state.suppliers()].map((index) => this.#state.labelOf(index));
    return {
      sha256: sha256Of(result.sha256),
      fetchedBytes: this.#state.fetchedBytes,
      sources: [...new Set(labels)],
      liars: [...this.#trust.liars.keys()],
      ...(result.leaves !== undefined && { leaves: result.leaves }),
    };
  }

  // --- the hash's lane ---

  #openHash(): void {
    const { hashLane, shared, isJoint: joint } = this.#state;
    this.#options.pool.listen(shared.fileId, hashLane, {
      onLaneEvent: (event) => this.#onLaneEvent(event),
      onLaneDeath: (error) => this.#state.fail(error),
    });
    const also = this.#file.expected && otherAlgorithm(this.#file.expected);
    hashLane.post({ type: 'hash.open', file: shared, leaves: true, joint, ...(also && { also }) });
  }

  #closeHash(): void {
    const { hashLane, shared } = this.#state;
    hashLane.post({ type: 'hash.close', fileId: shared.fileId });
    this.#options.pool.unlisten(shared.fileId);
  }

  #onLaneEvent(event: LaneEvent): void {
    if (event.type === 'hash.failed') this.#state.fail(errorOfFault(event.fault, this.#file.name));
    if (event.type !== 'hash.done') return;
    this.#result = event;
    if (event.generation === this.#state.cell.generation) this.#onHash?.(event.result);
  }

  async #hashed(): Promise<HashResult> {
    const { signal, cell } = this.#state;
    // A signal that was aborted since the last look tells nobody who listens from now on.
    this.#throwIfAborted();
    if (this.#result?.generation === cell.generation) return this.#result.result;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(this.#abortedError());
      signal.addEventListener('abort', onAbort, { once: true });
      this.#onHash = (result) => {
        signal.removeEventListener('abort', onAbort);
        resolve(result);
      };
    });
  }

  // --- telling ---

  #announce(): void {
    const { name, partial, emit, sources } = this.#file;
    emit({
      type: 'file.started',
      file: name,
      sizeBytes: partial.sizeBytes,
      heldBytes: this.#state.heldBytes,
      source: sources[0]?.backend.label ?? '',
    });
  }

  #showProgress(): void {
    const { name, partial, emit } = this.#file;
    this.#state.tellComing();
    const doneBytes = this.#state.heldBytes;
    const verifiedBytes = this.#state.cell.offset;
    if (doneBytes + verifiedBytes === this.#shownBytes) return;
    this.#shownBytes = doneBytes + verifiedBytes;
    emit({ type: 'file.progress', file: name, doneBytes, sizeBytes: partial.sizeBytes, verifiedBytes });
  }

  #throwIfAborted(): void {
    if (this.#state.signal.aborted) throw this.#abortedError();
  }

  #abortedError(): ModelError {
    return cancelledError(this.#state.signal, `fetching ${this.#file.name}`);
  }

  #givenUp(): ModelError {
    const { name: file, expected } = this.#file;
    return combinedError({ file, expected, liars: this.#trust.liars, failed: [...this.#failed.values()], attempts: this.#attempts });
  }
}
