import { ModelError } from '../domain/errors.ts';

/** @param label redacted name of the source; @param waitedMs how long it was silent, or watched */
export function stallError(label: string, verdict: 'stalled' | 'slow', waitedMs: number): ModelError {
  const seconds = Math.round(waitedMs / 100) / 10;
  const message = verdict === 'stalled' ? `${label} sent nothing for ${seconds} s` : `${label} has become too slow`;
  return new ModelError('NETWORK_TIMEOUT', message, { reason: verdict });
}
