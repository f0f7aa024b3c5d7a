/** Takes the answers of one source into one file, or refuses them: nothing is mixed that nobody could tell apart later. */
import type { FileSource } from '../backends/backend.ts';
import { isModelError, ModelError } from '../domain/errors.ts';
import type { Clock } from '../domain/world.ts';
import type { ActiveRange } from './active-range.ts';
import type { FileState } from './file-state.ts';
import { type AskedExtent, type JudgedHead, judgeHead } from './judge-head.ts';
import type { AnswerHead } from './lane-protocol.ts';
import type { RangeSet } from './range-set.ts';
import type { SourceAccess } from './source-access.ts';

export interface AnswerAcceptanceOptions {
  readonly state: FileState;
  readonly source: FileSource;
  readonly ranges: RangeSet;
  readonly access: SourceAccess;
  readonly clock: Clock;
  /** Whether the whole file may come as one stream: not from a source that only helps another one. */
  readonly mayStream: () => boolean;
}

export interface Answer {
  readonly head: AnswerHead;
  /** From the request, in milliseconds. */
  readonly waitedMs: number;
}

/** States of one source without a digest that are taken up before it is called restless. */
const MAX_STATES = 3;

export const RANGE_IGNORED = 'range_ignored';

export class AnswerAcceptance {
  readonly #o: AnswerAcceptanceOptions;
  readonly #label: string;
  #statesSeen = 0;
  #sourceIndex: number | undefined;
  #oneStream = false;

  constructor(options: AnswerAcceptanceOptions) {
    this.#o = options;
    this.#label = options.source.backend.label;
  }

  /** Index of the source in the state that it was last seen in. */
  get sourceIndex(): number | undefined {
    return this.#sourceIndex;
  }

  /** The source ignores ranges. */
  get oneStream(): boolean {
    return this.#oneStream;
  }

  /** @throws ModelError of the source, or of keeping what it gives */
  async accept(range: ActiveRange, { head, waitedMs }: Answer): Promise<void> {
    const { state } = this.#o;
    const { offset, end, validator } = this.#judged(range, head);
    const sourceIndex = state.sourceIndex(this.#label, validator);
    const begun = range.victim?.sourceIndex ?? state.fragments.get(range.piece)?.sourceIndex ?? sourceIndex;
    if (begun !== sourceIndex || (range.victim !== undefined && offset !== range.offset)) throw this.#changed();
    if (offset !== range.offset && !this.#o.mayStream()) throw this.#ignored();
    if (state.file.expected === undefined) await this.#dropOthers(range, sourceIndex);
    if (offset !== range.offset) this.#takeWholeFile(range);
    this.#sourceIndex = sourceIndex;
    range.sourceIndex = sourceIndex;
    this.#o.access.accepted(validator);
    this.#o.ranges.accepted(range, waitedMs);
    if (range.stopped === undefined)
      range.lane.post({ type: 'range.accept', rangeId: range.rangeId, accept: { sourceIndex, offset, end } });
  }

  #judged(range: ActiveRange, head: AnswerHead): JudgedHead {
    try {
      return judgeHead(head, this.#asked(range));
    } catch (error) {
      if (!isModelError(error, 'DRIFT')) throw error;
      // What else was asked for under this condition would be refused in turn.
      this.#o.ranges.stopAll(range);
      throw this.#changed();
    }
  }

  #asked(range: ActiveRange): AskedExtent {
    const { state, clock, source, access } = this.#o;
    return {
      label: this.#label,
      path: source.path,
      offset: range.offset,
      end: range.end,
      sizeBytes: state.file.partial.sizeBytes,
      credentialed: access.isCredentialed,
      signed: access.isSigned,
      nowMs: clock.now(),
    };
  }

  /** Without a digest nothing could settle a mixture of two sources, or of two states of one. */
  async #dropOthers(range: ActiveRange, sourceIndex: number): Promise<void> {
    const others = this.#o.ranges.all.filter((other) => other !== range && other.sourceIndex !== undefined);
    if (others.some((other) => other.sourceIndex !== sourceIndex)) throw this.#changed();
    if (this.#sourceIndex !== sourceIndex && ++this.#statesSeen > MAX_STATES) throw this.#changed(false);
    await this.#o.state.drop((_, index) => index !== sourceIndex);
  }

  #changed(retryable = true): ModelError {
    const { state, source } = this.#o;
    state.fragments.clear();
    const message = `${this.#label} has changed since part of ${source.path} was read`;
    return new ModelError('DRIFT', message, { reason: 'validator_changed', retryable });
  }

  #ignored(): ModelError {
    return new ModelError('SOURCE_UNAVAILABLE', `${this.#label} ignores ranges: it is asked alone, or not at all`, {
      reason: RANGE_IGNORED,
      retryable: false,
    });
  }

  /** The source ignored the range: one stream from the start, alone, passing over what is held. */
  #takeWholeFile(range: ActiveRange): void {
    const { state, ranges } = this.#o;
    this.#oneStream = true;
    ranges.stopAll(range);
    const missing = state.pieces.firstMissing();
    state.fragments.clear();
    if (missing < state.pieces.count) state.rewindHash(state.pieces.extent(missing).offset);
    range.span = { offset: 0, end: state.file.partial.sizeBytes };
  }
}
