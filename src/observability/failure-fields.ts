import type { ModelError } from '../domain/errors.ts';
import { errorFields } from './log-record.ts';

/** What a line says of a failure in the service; of a bug also where it happened. Not redacted. */
export const failureFields = (failure: ModelError): Readonly<Record<string, unknown>> => ({
  ...errorFields(failure.toJSON()),
  ...(failure.code === 'INTERNAL' && { stack: stackOf(failure) }),
});

const stackOf = ({ cause, stack = '' }: Error): string => (cause instanceof Error ? (cause.stack ?? '') : stack);
