/** What the events of a job say of why it takes its time. Pure; only what was measured is said. */
import { describeHolder } from '../domain/describe-holder.ts';
import type { ModelEvent, Phase } from '../domain/events.ts';
import { type JobSummary, type SourceShare, STALL_MS, SUMMARY_ROWS } from '../domain/jobs.ts';
import { withTrouble } from '../domain/source-trouble.ts';

export const NO_SUMMARY: JobSummary = {
  phase_ms: {},
  fetched_bytes: 0,
  files: {},
  sources: [],
  troubles: [],
  liars: [],
  retries: 0,
  retry_wait_ms: 0,
  lock_wait_ms: 0,
  stalls: 0,
  stalled_ms: 0,
  longest_stall_ms: 0,
  limited_ms: 0,
  warnings: 0,
};

/** Share of the limit from which on a speed counts as held back by it. */
const LIMITED_SHARE = 0.9;

/** Time goes to the phase that it was spent in. */
export function afterTime(summary: JobSummary, phase: Phase, ms: number): JobSummary {
  if (ms <= 0) return summary;
  return {
    ...summary,
    phase_ms: { ...summary.phase_ms, [phase]: (summary.phase_ms[phase] ?? 0) + ms },
    lock_wait_ms: summary.lock_wait_ms + (phase === 'waiting' ? ms : 0),
  };
}

/** A while of a transfer, long enough to tell a speed. */
export interface Window {
  readonly ms: number;
  /** Bytes that came to be held. */
  readonly movedBytes: number;
  /** Undefined: none was in force. */
  readonly limitBytesPerSecond: number | undefined;
}

/** It goes to the limit, where the bytes came nearly as fast as that allows. */
export function afterWindow(summary: JobSummary, { ms, movedBytes, limitBytesPerSecond: limit }: Window): JobSummary {
  const { limit_bytes_per_second: _, ...rest } = summary;
  if (limit === undefined) return rest;
  const isLimited = movedBytes >= (LIMITED_SHARE * limit * ms) / 1000;
  return { ...rest, limited_ms: summary.limited_ms + (isLimited ? ms : 0), limit_bytes_per_second: limit };
}

/** @param ms in which no piece was finished, beyond what those in flight take */
export const afterStall = (summary: JobSummary, ms: number): JobSummary =>
  ms < STALL_MS
    ? summary
    : {
        ...summary,
        stalls: summary.stalls + 1,
        stalled_ms: summary.stalled_ms + ms,
        longest_stall_ms: Math.max(summary.longest_stall_ms, ms),
      };

export function afterEvent(summary: JobSummary, event: ModelEvent): JobSummary {
  switch (event.type) {
    case 'file.received':
      return afterBytes(summary, event);
    case 'file.finished':
      return afterFile(summary, event);
    case 'source.failed':
      return { ...summary, troubles: bounded(withTrouble(summary.troubles, event.source, event.error)) };
    case 'source.lied':
      return summary.liars.includes(event.source) ? summary : { ...summary, liars: bounded([...summary.liars, event.source]) };
    case 'retry.scheduled':
      return { ...summary, retries: summary.retries + 1, retry_wait_ms: summary.retry_wait_ms + event.delayMs };
    case 'lock.waiting': {
      const whom = event.holder === undefined ? event.lock : describeHolder(event.holder, Date.parse(event.time));
      return { ...summary, waited_for: whom };
    }
    case 'warning':
      return { ...summary, warnings: summary.warnings + 1 };
    default:
      return summary;
  }
}

/** Bytes were told while they came. */
function afterFile(summary: JobSummary, { origin, fetchedBytes, sources }: Extract<ModelEvent, { type: 'file.finished' }>): JobSummary {
  const files = { ...summary.files, [origin]: (summary.files[origin] ?? 0) + 1 };
  const shares = fetchedBytes === 0 ? [] : sources.map((source) => ({ source, files: 1, bytes: 0 }));
  return { ...summary, files, sources: shares.reduce(withShare, summary.sources) };
}

const afterBytes = (summary: JobSummary, { source, bytes }: Extract<ModelEvent, { type: 'file.received' }>): JobSummary => ({
  ...summary,
  fetched_bytes: summary.fetched_bytes + bytes,
  sources: withShare(summary.sources, { source, files: 0, bytes }),
});

function withShare(shares: readonly SourceShare[], share: SourceShare): readonly SourceShare[] {
  const isSame = ({ source }: SourceShare): boolean => source === share.source;
  if (!shares.some(isSame)) return bounded([...shares, share]);
  return shares.map((one) => (isSame(one) ? { ...one, files: one.files + share.files, bytes: one.bytes + share.bytes } : one));
}

const bounded = <T>(rows: readonly T[]): readonly T[] => rows.slice(0, SUMMARY_ROWS);
