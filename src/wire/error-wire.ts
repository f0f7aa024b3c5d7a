import type { errorObject } from '../documents/envelope.ts';
import type { ErrorDocument, ModelError } from '../domain/errors.ts';
import type { Wire } from './wire.ts';

/** An error as every --json document has it; `attempts` is always there. */
export const errorWire = (error: ModelError): Wire<typeof errorObject> => errorDocumentWire(error.toJSON());

export const errorDocumentWire = (document: ErrorDocument): Wire<typeof errorObject> => ({
  ...document,
  attempts: document.attempts ?? [],
});
