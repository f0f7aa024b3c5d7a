/** A speed that follows the last few seconds: exponential average over time, not over samples. */
export interface Speed {
  readonly bytesPerSecond: number;
  /** When it was last measured, and at how many bytes; absent before the first sample. */
  readonly last?: { readonly atMs: number; readonly doneBytes: number };
}

export const NO_SPEED: Speed = { bytesPerSecond: 0 };

const HALF_LIFE_MS = 3000;
/** A transfer that says nothing for longer than this is stalling. */
const QUIET_MS = 1500;
/** Samples closer to each other than this tell more of buffers than of the network. */
const MIN_SAMPLE_MS = 50;

/** After another look at the bytes done. A first look only sets the start. */
export function speedAfter(speed: Speed, doneBytes: number, atMs: number): Speed {
  const { last } = speed;
  if (last === undefined) return { bytesPerSecond: 0, last: { atMs, doneBytes } };
  const elapsedMs = atMs - last.atMs;
  // The wall clock may be set back: start anew from here.
  if (elapsedMs < 0) return { ...speed, last: { atMs, doneBytes } };
  if (elapsedMs < MIN_SAMPLE_MS) return speed;
  const sample = (1000 * Math.max(doneBytes - last.doneBytes, 0)) / elapsedMs;
  const weight = speed.bytesPerSecond === 0 ? 1 : 1 - 0.5 ** (elapsedMs / HALF_LIFE_MS);
  return { bytesPerSecond: speed.bytesPerSecond + weight * (sample - speed.bytesPerSecond), last: { atMs, doneBytes } };
}

/** The speed to show at a moment: it fades while nothing arrives. */
export function speedAt({ bytesPerSecond, last }: Speed, nowMs: number): number {
  const quietMs = Math.max(nowMs - (last?.atMs ?? nowMs) - QUIET_MS, 0);
  return bytesPerSecond * 0.5 ** (quietMs / HALF_LIFE_MS);
}

/** A forecast of more than that is made from the first bytes, or a stall. */
const FORECAST_MS = 7 * 24 * 3600_000;

/** Milliseconds until `remainingBytes` have moved; `undefined` while that cannot be told. */
export function timeLeftMs(speed: Speed, remainingBytes: number, nowMs: number): number | undefined {
  const bytesPerSecond = speedAt(speed, nowMs);
  if (remainingBytes <= 0) return 0;
  const leftMs = bytesPerSecond < 1 ? Number.POSITIVE_INFINITY : (1000 * remainingBytes) / bytesPerSecond;
  return leftMs > FORECAST_MS ? undefined : leftMs;
}
