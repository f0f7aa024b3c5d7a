/** The bounded wait for a lock: try, tell, sleep a growing and jittered while, try again. */
import { describeHolder } from '../domain/describe-holder.ts';
import { ModelError } from '../domain/errors.ts';
import type { LockHolder } from '../domain/events.ts';
import type { Clock, Random } from '../domain/world.ts';
import { formatDuration } from '../util/format-duration.ts';
import type { Lease } from './lease.ts';

const FIRST_DELAY_MS = 5;
const MAX_DELAY_MS = 250;
/** Share of a delay that is left to chance, so that waiters who came together do not stay together. */
const JITTER = 0.5;
const FIRST_NOTICE_MS = 1000;
const NOTICE_INTERVAL_MS = 2000;

export interface Waiting {
  readonly holder?: LockHolder;
  readonly waitedMs: number;
}

export interface WaitOptions {
  /** Bound of the wait; 0 tries once, Infinity waits for as long as it takes. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** After a second, then every two: whom we wait for. */
  readonly onWait?: (waiting: Waiting) => void;
  /** Asked between tries; true ends the wait because what was waited for has happened. */
  readonly whileWaiting?: () => boolean | Promise<boolean>;
}

export interface LeaseWait {
  readonly lock: { readonly name: string; readonly path: string };
  readonly options: WaitOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly attempt: () => Promise<Lease | undefined>;
  /** What the lock file says of its holder. */
  readonly holder: () => LockHolder | undefined;
}

export async function waitForLease(wait: LeaseWait): Promise<Lease | undefined> {
  const { options, clock } = wait;
  const start = clock.monotonic();
  let noticeAtMs = FIRST_NOTICE_MS;
  for (let round = 0; ; round++) {
    if (options.signal?.aborted) throw cancelled(wait, options.signal.reason);
    const lease = await wait.attempt();
    if (lease !== undefined) return lease;
    if (await options.whileWaiting?.()) return undefined;
    const waitedMs = clock.monotonic() - start;
    if (waitedMs >= options.timeoutMs) throw timedOut(wait, waitedMs);
    if (waitedMs >= noticeAtMs) {
      noticeAtMs = waitedMs + NOTICE_INTERVAL_MS;
      notify(wait, waitedMs);
    }
    await pause(wait, Math.min(delayMs(round, wait.random), options.timeoutMs - waitedMs));
  }
}

function delayMs(round: number, random: Random): number {
  const full = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** round);
  return full * (1 - JITTER * random.next());
}

function notify({ options, holder }: LeaseWait, waitedMs: number): void {
  const who = holder();
  options.onWait?.({ waitedMs, ...(who !== undefined && { holder: who }) });
}

async function pause(wait: LeaseWait, ms: number): Promise<void> {
  const { signal } = wait.options;
  try {
    await wait.clock.sleep(ms, signal);
  } catch (error) {
    if (signal?.aborted) throw cancelled(wait, signal.reason);
    throw error;
  }
}

function cancelled({ lock }: LeaseWait, reason: unknown): ModelError {
  if (reason instanceof ModelError) return reason;
  return new ModelError('CANCELLED', `cancelled while waiting for ${lock.name}`, { cause: reason });
}

function timedOut({ lock, clock, holder }: LeaseWait, waitedMs: number): ModelError {
  const who = holder();
  const whom = describeHolder(who, clock.now());
  const since = who === undefined ? '' : `, which has held it since ${who.since}`;
  return new ModelError('LOCK_TIMEOUT', `gave up on ${lock.name} after ${formatDuration(waitedMs)} of waiting for ${whom}${since}`, {
    details: { lock: lock.path, waited_ms: Math.round(waitedMs), ...(who !== undefined && { holder: holderDetails(who) }) },
  });
}

function holderDetails(holder: LockHolder): Record<string, unknown> {
  return {
    pid: holder.pid,
    host: holder.host,
    boot_id: holder.bootId,
    since: holder.since,
    doing: holder.doing,
    ...(holder.doneBytes !== undefined && { done_bytes: holder.doneBytes }),
    ...(holder.totalBytes !== undefined && { total_bytes: holder.totalBytes }),
  };
}
