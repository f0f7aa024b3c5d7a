import { readFileSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

let known: string | undefined;

/**
 * Equal for two processes exactly when no restart of the operating system lies between them. Linux tells it; elsewhere
 * it is the time of the start, rounded because the clocks that it is computed from drift.
 */
export function bootId(): string {
  known ??= linuxBootId() ?? bootIdFromStart(Date.now(), uptime());
  return known;
}

/** For platforms without a boot id: the start of the system, to 10 seconds. */
export const bootIdFromStart = (nowMs: number, uptimeSeconds: number): string =>
  `${hostname()}-${Math.round((nowMs / 1000 - uptimeSeconds) / 10)}`;

function linuxBootId(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() || undefined;
  } catch {
    return undefined; // no /proc, or one that hides it: the start of the system will do
  }
}
