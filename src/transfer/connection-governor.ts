/**
 * How many ranges to run at once: multiplies them while total goodput rises with them, steps back to as many as the goodput found needs, and
 * halves when a source says that it is too much. Pure: samples in, target out.
 */

export interface GovernorOptions {
  /** Never more than this. */
  readonly maxRanges: number;
}

export interface GovernorSample {
  readonly ms: number;
  /** Bytes received so far, over all ranges. */
  readonly receivedBytes: number;
  /** Ranges that run now: no judgement while the target is not reached. */
  readonly running: number;
  /** Of those, the ones whose answer has begun: the others bring nothing yet. */
  readonly flowing: number;
  /** From a request to its answer, the quickest of late; undefined before the first. */
  readonly firstByteMs: number | undefined;
  /** Whether one more range would find work. */
  readonly wanted: boolean;
}

/** A step must bring at least this share of the goodput that its ranges would add if nothing else limited them. */
const WORTHWHILE = 0.3;
/** A source that answers later is far: one connection's window cannot fill the way to it, as many as browsers open are no burden. */
export const FAR_MS = 30;
const FAR_START = 4;
/** Steps to a far source cost a few round trips each: fewer, larger ones, since one too large is corrected at once. */
const FAR_FACTOR = 4;
const NEAR_FACTOR = 2;
const LATER_FACTOR = 1.5;
const NEAR_SETTLE_MS = 200;
const NEAR_SAMPLE_MS = 500;
const MIN_SAMPLE_MS = 200;
const MAX_SAMPLE_MS = 1000;
/** Answers that are later than this are not waited for. */
const MAX_WAIT_MS = 2000;
/** How long a step that did not pay is not tried again; doubles each time. */
const REST_MS = 5000;
const MAX_REST_MS = 60_000;

interface Moment {
  readonly ms: number;
  readonly receivedBytes: number;
}

type Phase =
  | { readonly kind: 'measuring' }
  /** The step is taken, and what went before it is measured until its ranges have their first answers. */
  | { readonly kind: 'leaping'; readonly before: number; readonly begun: Moment; readonly settled?: Moment; readonly last: Moment }
  | { readonly kind: 'trying'; readonly before: number; readonly beforeRate: number }
  | { readonly kind: 'resting'; readonly untilMs: number };

interface Measurement {
  /** When the target was reached. */
  readonly reachedMs: number;
  /** When all ranges had their answers. */
  flowingMs: number | undefined;
  fromMs: number | undefined;
  fromBytes: number;
}

export class ConnectionGovernor {
  readonly #max: number;
  #target = 1;
  #phase: Phase = { kind: 'measuring' };
  /** Until the first step that does not pay. */
  #starting = true;
  #sawDistance = false;
  #leapDue = false;
  #factor = NEAR_FACTOR;
  #restMs = REST_MS;
  #measurement: Measurement | undefined;

  constructor(options: GovernorOptions) {
    this.#max = options.maxRanges;
  }

  get target(): number {
    return this.#target;
  }

  /** How many there will be, as far as can be said: what is shared out now is shared out among so many. */
  get expected(): number {
    return this.#starting && this.#factor === FAR_FACTOR ? this.#max : this.#target;
  }

  /** An answer that has just come tells something. */
  get awaitsAnswers(): boolean {
    return !this.#sawDistance || this.#leapDue || this.#phase.kind === 'leaping';
  }

  /** Call a few times a second. */
  observe(now: GovernorSample): void {
    this.#lookFar(now.firstByteMs);
    if (this.#phase.kind === 'resting' && now.ms >= this.#phase.untilMs) this.#restart({ kind: 'measuring' });
    if (this.#phase.kind === 'resting') return;
    if (this.#leapDue && now.wanted && Math.min(now.running, now.flowing) >= this.#target) this.#leap(now);
    else if (this.#phase.kind === 'leaping') this.#watchLeap(now, this.#phase);
    else if (now.wanted && now.running >= this.#target) this.#sample(now);
    else this.#measurement = undefined;
  }

  /** There are so many files to serve, one range each at least. */
  atLeast(ranges: number): void {
    const target = Math.min(this.#max, Math.max(1, ranges));
    if (target <= this.#target) return;
    this.#target = target;
    this.#restart({ kind: 'measuring' });
  }

  /** A source asked for less: 429, 503. */
  backOff(nowMs: number): void {
    this.#target = Math.max(1, Math.floor(this.#target / 2));
    this.#sawDistance = true;
    this.#rest(nowMs);
  }

  #lookFar(firstByteMs: number | undefined): void {
    if (this.#sawDistance || firstByteMs === undefined) return;
    this.#sawDistance = true;
    if (firstByteMs < FAR_MS) return;
    this.#factor = FAR_FACTOR;
    this.#leapDue = true;
    this.atLeast(FAR_START);
  }

  /** To a far source the first step waits for nothing: its connections take a while to be there, time enough to measure the others. */
  #leap({ ms, receivedBytes, firstByteMs = 0 }: GovernorSample): void {
    const now = { ms, receivedBytes };
    this.#leapDue = false;
    // A near source that was late once, when this machine had no time.
    if (firstByteMs < FAR_MS) this.#factor = NEAR_FACTOR;
    if (firstByteMs < FAR_MS || this.#target >= this.#max) return;
    const before = this.#target;
    this.#target = Math.min(this.#max, before * FAR_FACTOR);
    this.#restart({ kind: 'leaping', before, begun: now, last: now });
  }

  #watchLeap(sample: GovernorSample, phase: Leap): void {
    const { before, begun, settled } = phase;
    const now = { ms: sample.ms, receivedBytes: sample.receivedBytes };
    if (sample.flowing > before || now.ms - begun.ms >= MAX_WAIT_MS) {
      this.#restart({ kind: 'trying', before, beforeRate: rateBefore(phase, now) });
    } else {
      const isSettled = settled === undefined && now.ms - begun.ms >= settleMs(sample);
      this.#phase = { ...phase, ...(isSettled && { settled: now }), last: now };
    }
  }

  #sample(now: GovernorSample): void {
    this.#measurement ??= { reachedMs: now.ms, flowingMs: undefined, fromMs: undefined, fromBytes: 0 };
    const measurement = this.#measurement;
    if (now.flowing >= this.#target || now.ms - measurement.reachedMs >= MAX_WAIT_MS) measurement.flowingMs ??= now.ms;
    if (measurement.flowingMs === undefined || now.ms - measurement.flowingMs < settleMs(now)) return;
    if (measurement.fromMs === undefined) {
      measurement.fromMs = now.ms;
      measurement.fromBytes = now.receivedBytes;
    }
    const ms = now.ms - measurement.fromMs;
    if (ms >= this.#sampleMs(now)) this.#judge((now.receivedBytes - measurement.fromBytes) / ms, now.ms);
  }

  /** Short at first, where each step found early counts; later one that did not pay would be repeated for nothing. */
  #sampleMs({ firstByteMs = 0 }: GovernorSample): number {
    if (!this.#starting) return MAX_SAMPLE_MS;
    return firstByteMs < FAR_MS ? NEAR_SAMPLE_MS : Math.min(MAX_SAMPLE_MS, Math.max(MIN_SAMPLE_MS, firstByteMs));
  }

  #judge(rate: number, nowMs: number): void {
    const trial = this.#phase.kind === 'trying' ? this.#phase : undefined;
    const paid = trial === undefined || isWorthwhile(trial, rate, this.#target);
    if (trial !== undefined && paid) this.#restMs = REST_MS;
    if (trial !== undefined && !paid) this.#target = enoughFor(rate, trial, this.#target);
    if (paid && this.#target < this.#max) this.#climb(rate);
    else this.#rest(nowMs);
  }

  #climb(rate: number): void {
    this.#leapDue = false;
    const before = this.#target;
    this.#target = Math.min(this.#max, Math.ceil(before * (this.#starting ? this.#factor : LATER_FACTOR)));
    this.#restart({ kind: 'trying', before, beforeRate: rate });
  }

  #rest(nowMs: number): void {
    this.#starting = false;
    this.#leapDue = false;
    this.#restart({ kind: 'resting', untilMs: nowMs + this.#restMs });
    this.#restMs = Math.min(MAX_REST_MS, this.#restMs * 2);
  }

  #restart(phase: Phase): void {
    this.#phase = phase;
    this.#measurement = undefined;
  }
}

type Trial = Phase & { readonly kind: 'trying' };
type Leap = Phase & { readonly kind: 'leaping' };

/** Of the ranges that were there: until the last look at which they were alone, if there was one. */
function rateBefore({ begun, settled, last }: Leap, now: Moment): number {
  const from = settled !== undefined && settled.ms < last.ms ? settled : begun;
  const to = from.ms < last.ms ? last : now;
  return (to.receivedBytes - from.receivedBytes) / Math.max(1, to.ms - from.ms);
}

/** New connections are slow at first; a first answer takes two round trips, one of them to connect. */
function settleMs({ firstByteMs = 0 }: GovernorSample): number {
  return firstByteMs < FAR_MS ? NEAR_SETTLE_MS : Math.min(MAX_SAMPLE_MS, firstByteMs / 2);
}

function isWorthwhile({ before, beforeRate }: Trial, rate: number, target: number): boolean {
  const ideal = (beforeRate * (target - before)) / before;
  return rate - beforeRate >= ideal * WORTHWHILE;
}

/** As many ranges as reach this rate, each at the rate that it had when there were fewer. */
function enoughFor(rate: number, { before, beforeRate }: Trial, target: number): number {
  if (beforeRate <= 0) return before;
  return Math.min(target, Math.max(before, Math.round((rate * before) / beforeRate)));
}
