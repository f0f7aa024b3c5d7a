import type { LockHolder } from './events.ts';

/** A speed measured over less than this tells nothing. */
const MIN_ELAPSED_MS = 2000;

/**
 * Whom one waits for, in one phrase: `pid 4121 on gpu-7 (62 %, 3 min left)`, or what for, before there are numbers.
 * @param nowMs the moment that the holder's state is of; without it no time left is told
 */
export function describeHolder(holder: LockHolder | undefined, nowMs = Number.NaN): string {
  if (holder === undefined) return 'another process';
  const progress = [percent(holder), timeLeft(holder, nowMs)].filter((part) => part !== undefined);
  return `pid ${holder.pid} on ${holder.host} (${progress.length > 0 ? progress.join(', ') : holder.doing})`;
}

/** Milliseconds until the holder is done, at its speed so far; undefined while that cannot be told. */
export function remainingMs(holder: LockHolder, nowMs: number): number | undefined {
  const { doneBytes = 0, totalBytes = 0 } = holder;
  const elapsedMs = nowMs - Date.parse(holder.since);
  if (!(doneBytes > 0 && totalBytes > doneBytes && elapsedMs >= MIN_ELAPSED_MS)) return undefined;
  return (elapsedMs / doneBytes) * (totalBytes - doneBytes);
}

function percent({ doneBytes, totalBytes }: LockHolder): string | undefined {
  if (doneBytes === undefined || !totalBytes) return undefined;
  return `${Math.floor((100 * Math.min(doneBytes, totalBytes)) / totalBytes)} %`;
}

function timeLeft(holder: LockHolder, nowMs: number): string | undefined {
  const ms = remainingMs(holder, nowMs);
  if (ms === undefined) return undefined;
  return ms < 60_000 ? `${Math.ceil(ms / 1000)} s left` : `${Math.ceil(ms / 60_000)} min left`;
}
