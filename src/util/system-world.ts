import { randomUUID } from 'node:crypto';
import type { Clock, Random } from '../domain/world.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  // Not performance.now(): its module is loaded by the first use, a millisecond of every start.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

export const systemRandom: Random = { next: Math.random, uuid: randomUUID };
