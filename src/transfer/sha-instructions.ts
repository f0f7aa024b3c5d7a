/**
 * Whether the CPU has instructions for sha256 that OpenSSL uses. Asked of OpenSSL itself, by the clock: with them its sha256 takes
 * half as long as its sha512, without them one and a half times as long, whatever else the machine does.
 */
import { hash } from 'node:crypto';

const PROBE = Buffer.alloc(64 * 1024);
const TRIES = 6;

/** The quickest of some tries of each. They take turns, so that what interrupts them does not fall on one of them alone. */
function quickest(): { readonly sha256Ms: number; readonly sha512Ms: number } {
  const tries = Array.from({ length: TRIES }, () => [timeOf('sha256'), timeOf('sha512')] as const);
  return { sha256Ms: Math.min(...tries.map(([ms]) => ms)), sha512Ms: Math.min(...tries.map(([, ms]) => ms)) };
}

function timeOf(algorithm: 'sha256' | 'sha512'): number {
  const start = performance.now();
  hash(algorithm, PROBE, 'buffer');
  return performance.now() - start;
}

let known: boolean | undefined;

/** One or two milliseconds, once in a process. */
export function hasShaInstructions(): boolean {
  if (known === undefined) {
    const { sha256Ms, sha512Ms } = quickest();
    known = sha256Ms < sha512Ms;
  }
  return known;
}
