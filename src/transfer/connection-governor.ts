/**
 * How many ranges to run at once: climbs while total goodput rises with them, steps back when it does not, and halves
 * when a source says that it is too much. Pure: samples in, target out.
 */

export interface GovernorOptions {
  /** Never more than this. */
  readonly maxRanges: number;
}

/** A step must bring at least this share of the goodput that one more range would add if nothing else limited it. */
const WORTHWHILE = 0.3;
const SETTLE_MS = 500;
const SAMPLE_MS = 1000;
/** How long a step that did not pay is not tried again; doubles each time. */
const REST_MS = 5000;
const MAX_REST_MS = 60_000;

type Phase =
  | { readonly kind: 'measuring' }
  | { readonly kind: 'trying'; readonly before: number; readonly beforeRate: number }
  | { readonly kind: 'resting'; readonly untilMs: number };

export class ConnectionGovernor {
  readonly #max: number;
  #target = 1;
  #phase: Phase = { kind: 'measuring' };
  #restMs = REST_MS;
  #sinceMs: number | undefined;
  #sinceBytes = 0;

  constructor(options: GovernorOptions) {
    this.#max = options.maxRanges;
  }

  get target(): number {
    return this.#target;
  }

  /**
   * @param receivedBytes bytes received so far, over all ranges
   * @param running ranges that run now: no judgement while the target is not reached
   * @param wanted whether one more range would find work
   */
  observe(now: { readonly ms: number; readonly receivedBytes: number; readonly running: number; readonly wanted: boolean }): void {
    if (this.#phase.kind === 'resting' && now.ms >= this.#phase.untilMs) this.#restart({ kind: 'measuring' });
    if (this.#phase.kind === 'resting') return;
    if (now.wanted && now.running >= this.#target) this.#sample(now);
    else this.#forget();
  }

  #sample(now: { readonly ms: number; readonly receivedBytes: number }): void {
    this.#sinceMs ??= now.ms + SETTLE_MS;
    if (now.ms < this.#sinceMs) {
      this.#sinceBytes = now.receivedBytes;
      return;
    }
    if (now.ms - this.#sinceMs >= SAMPLE_MS) this.#judge((now.receivedBytes - this.#sinceBytes) / (now.ms - this.#sinceMs), now.ms);
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
    this.#rest(nowMs);
  }

  #judge(rate: number, nowMs: number): void {
    const trial = this.#phase.kind === 'trying' ? this.#phase : undefined;
    const paid = trial === undefined || isWorthwhile(trial, rate, this.#target);
    if (trial !== undefined && paid) this.#restMs = REST_MS;
    if (trial !== undefined && !paid) this.#target = trial.before;
    if (paid && this.#target < this.#max) this.#climb(rate);
    else this.#rest(nowMs);
  }

  #climb(rate: number): void {
    const before = this.#target;
    this.#target = Math.min(this.#max, before < 4 ? before + 1 : Math.ceil(before * 1.5));
    this.#restart({ kind: 'trying', before, beforeRate: rate });
  }

  #rest(nowMs: number): void {
    this.#restart({ kind: 'resting', untilMs: nowMs + this.#restMs });
    this.#restMs = Math.min(MAX_REST_MS, this.#restMs * 2);
  }

  #restart(phase: Phase): void {
    this.#phase = phase;
    this.#forget();
  }

  #forget(): void {
    this.#sinceMs = undefined;
  }
}

function isWorthwhile(trial: { readonly before: number; readonly beforeRate: number }, rate: number, target: number): boolean {
  const ideal = (trial.beforeRate * (target - trial.before)) / trial.before;
  return rate - trial.beforeRate >= ideal * WORTHWHILE;
}
