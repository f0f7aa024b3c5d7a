import { ModelError } from './errors.ts';

/** The error of work that an AbortSignal ended: the signal's own ModelError (a timeout, a lost lease), else CANCELLED. */
export function cancelledError(signal: AbortSignal, doing: string): ModelError {
  if (signal.reason instanceof ModelError) return signal.reason;
  return new ModelError('CANCELLED', `cancelled while ${doing}`, { cause: signal.reason });
}

export function throwIfCancelled(signal: AbortSignal, doing: string): void {
  if (signal.aborted) throw cancelledError(signal, doing);
}
