/**
 * Which ranges of a source are given up because another source could do their work: what is silent, and at the end what is much
 * slower than the others. Nothing is lost but the begun piece. Pure.
 */

export interface HandOverCandidate {
  readonly accepted: boolean;
  /** Milliseconds since its answer began. */
  readonly flowingMs: number;
  /** Milliseconds without a byte. */
  readonly idleMs: number;
  /** Of late. */
  readonly bytesPerSecond: number;
  readonly remainingBytes: number;
  /** The thread that reads it has no time: its silence says nothing of the source. */
  readonly isStarved: boolean;
}

export interface HandOverLimits {
  readonly stallTimeoutMs: number;
  readonly pieceBytes: number;
  /** What one range of the best other source does. */
  readonly otherBytesPerSecond: number;
  /** Nothing else is left to do, or the others wait for this. */
  readonly isWaitedFor: boolean;
  /** The source fell silent before and has given no piece since: it is not waited for as if it were only far. */
  readonly wasSilent: boolean;
  /** From a request to its answer, the quickest that was seen; undefined before the first. */
  readonly firstByteMs: number | undefined;
}

export interface HandOver<Candidate> {
  readonly silent: readonly Candidate[];
  readonly lagging: readonly Candidate[];
}

/** Silence in the middle of a body, and before the answer, which may have to be fetched from further away. */
const SILENT_MS = 2000;
const UNANSWERED_MS = 4000;
/** An answer may be so many times as late as the quickest was. */
const LATER_TIMES = 10;
/** What a range does in its first moments says little. */
const KNOWN_AFTER_MS = 2000;
/** So much sooner must another source be done. */
const SOONER_MS = 1000;

export function chooseHandOver<Candidate extends HandOverCandidate>(
  ranges: readonly Candidate[],
  limits: HandOverLimits,
): HandOver<Candidate> {
  const silent = ranges.filter((range) => !range.isStarved && range.idleMs >= patienceMs(range, limits));
  const lagging = limits.isWaitedFor ? ranges.filter((range) => !silent.includes(range) && isLagging(range, limits)) : [];
  return { silent, lagging };
}

function patienceMs({ accepted }: HandOverCandidate, { stallTimeoutMs, wasSilent, firstByteMs }: HandOverLimits): number {
  const unansweredMs = Math.min(UNANSWERED_MS, Math.max(SILENT_MS, LATER_TIMES * (firstByteMs ?? Number.POSITIVE_INFINITY)));
  return Math.min(accepted || wasSilent ? SILENT_MS : unansweredMs, stallTimeoutMs / 2);
}

/** Another source, which begins with the whole piece, would still take less than half the time. */
function isLagging({ flowingMs, bytesPerSecond, remainingBytes }: HandOverCandidate, limits: HandOverLimits): boolean {
  if (flowingMs < KNOWN_AFTER_MS || bytesPerSecond <= 0 || remainingBytes === 0 || limits.otherBytesPerSecond <= 0) return false;
  const ownMs = (remainingBytes * 1000) / bytesPerSecond;
  const otherMs = ((remainingBytes + limits.pieceBytes) * 1000) / limits.otherBytesPerSecond;
  return ownMs > 2 * otherMs + SOONER_MS;
}
