import { ModelError } from './errors.ts';

export const keyReused = (): ModelError =>
  new ModelError('INVALID_INPUT', 'this Idempotency-Key was used for another request', {
    reason: 'idempotency_key_reused',
    hint: 'make a new key for each request, and send the same one only when the same request is sent again',
  });
