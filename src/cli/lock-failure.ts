/** The failure of one part, as that of a verb which did the others. */
import { ModelError } from '../domain/errors.ts';
import type { FailedPart } from '../domain/lock-results.ts';

export function lockFailure([first, ...more]: readonly FailedPart[]): ModelError | undefined {
  if (first === undefined) return undefined;
  const { id, error } = first;
  const others = more.length === 0 ? '' : `; and so do ${more.map((part) => part.id).join(', ')}`;
  return new ModelError(error.code, `${id} fails: ${error.message}${others}`, {
    ...(error.reason !== undefined && { reason: error.reason }),
    hint: error.hint,
    attempts: error.attempts ?? [],
    ...(error.details && { details: error.details }),
    retryable: error.retryable,
  });
}
