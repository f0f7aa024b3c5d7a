/** What repeated measurements say: the middle, and how far apart they lie. */
export interface Spread {
  readonly runs: number;
  readonly median: number;
  /** Half of all runs lie between these two. */
  readonly quartiles: readonly [number, number];
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
  return { runs: sorted.length, median: at(0.5), quartiles: [at(0.25), at(0.75)], min: at(0), max: at(1) };
}

/** `1.62 ms (quartiles 1.58–1.71, 1.50–4.20, 200 runs)` */
export function spreadText({ runs, median, quartiles: [low, high], min, max }: Spread, unit: string): string {
  const text = (value: number): string => value.toFixed(2);
  return `${text(median)} ${unit} (quartiles ${text(low)}–${text(high)}, ${text(min)}–${text(max)}, ${runs} runs)`;
}

/** One line of a report: what was measured, what it must be, and whether it is. Sets the exit status where it is not. */
export function judge(what: string, measured: number, limit: { readonly atMost: number; readonly unit: string }): void {
  const held = measured <= limit.atMost;
  if (!held) process.exitCode = 1;
  console.log(`${held ? 'held  ' : 'MISSED'} ${what}: ${measured.toFixed(2)} ${limit.unit}, at most ${limit.atMost} ${limit.unit}`);
}
