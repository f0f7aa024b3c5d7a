import type { ModelError } from '../../domain/errors.ts';
import type { errorObject } from '../documents/envelope.ts';
import type { Wire } from './wire.ts';

/** An error as every --json document has it; `attempts` is always there. */
export function errorWire(error: ModelError): Wire<typeof errorObject> {
  const document = error.toJSON();
  return { ...document, attempts: document.attempts ?? [] };
}
