/** How long a request waits for the thread of the service. Pure. */
import { isReading } from '../is-reading.ts';

export interface Asked {
  readonly method: string;
  readonly url: string;
}

export interface Waiting {
  /** Since it was asked. */
  readonly waitedMs: number;
  /** For how long the thread has given no sign of life. */
  readonly silentMs: number;
}

const BUDGET_MS = 2000;
/** A thread that lives answers health in time by itself; after that much silence it does not. */
const SILENT_MS = 500;
/** Where it lives, and what it waits for does not. */
const GRACE_MS = 1000;
const READ_MS = 5000;
/** What changes something may have been done already: who waits for the end of that is told late rather than wrong. */
const WRITE_MS = 30_000;

const HEALTH = /^(?:\/api)?(?:\/v1)?\/health(?:\/[^?]*)?(?:\?|$)/;

/** Whether it is told now that no answer can be had. */
export function isOver(asked: Asked, { waitedMs, silentMs }: Waiting): boolean {
  const budgetMs = budgetOf(asked);
  if (budgetMs !== undefined) return waitedMs >= budgetMs && (silentMs >= SILENT_MS || waitedMs >= budgetMs + GRACE_MS);
  return silentMs >= (isReading(asked.method) ? READ_MS : WRITE_MS);
}

/** Of a question after health; undefined of anything else, and where sources are asked. */
function budgetOf(asked: Asked): number | undefined {
  if (!isReading(asked.method) || !HEALTH.test(asked.url) || /[?&]probe=(?!false|0)/.test(asked.url)) return undefined;
  const named = /[?&]timeout_ms=(\d{1,5})(?:&|$)/.exec(asked.url)?.[1];
  return named === undefined ? BUDGET_MS : Number(named);
}
