import { ModelError } from './errors.ts';

/** @param message says of what, where that is known */
export const keyReused = (message = 'this Idempotency-Key was used for another request'): ModelError =>
  new ModelError('INVALID_INPUT', message, {
    reason: 'idempotency_key_reused',
    hint: 'make a new key for each request, and send the same one only when the same request is sent again',
  });
