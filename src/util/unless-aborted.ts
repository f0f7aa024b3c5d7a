import { cancelledError } from '../domain/cancelled.ts';

/** For work that does not heed a signal, or may not: it goes on unseen. @throws what the work rejects with; else the signal's own ModelError, or CANCELLED */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, doing: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(cancelledError(signal, doing));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
