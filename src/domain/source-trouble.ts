/** Sources that failed, or stalled, and were left for others. */
import type { ErrorCode, ErrorDocument } from './errors.ts';

export interface SourceTrouble {
  /** Redacted URL. */
  readonly source: string;
  readonly code: ErrorCode;
  /** A stable word within the code. */
  readonly reason?: string;
  readonly times: number;
  /** As it was said last. */
  readonly message: string;
}

/** What is alike is counted, and not told twice. */
export function withTrouble(troubles: readonly SourceTrouble[], source: string, error: ErrorDocument): readonly SourceTrouble[] {
  const { code, reason, message } = error;
  const isSame = (one: SourceTrouble): boolean => one.source === source && one.code === code && one.reason === reason;
  if (!troubles.some(isSame)) return [...troubles, { source, code, ...(reason !== undefined && { reason }), times: 1, message }];
  return troubles.map((one) => (isSame(one) ? { ...one, times: one.times + 1, message } : one));
}
