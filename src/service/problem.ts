/** A ModelError -> the problem document that is answered. */
import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import type { ModelError } from '../domain/errors.ts';
import type { Wire } from '../wire/wire.ts';
import type { problem } from './contract/problem.ts';
import { overHttp } from './over-http.ts';
import { statusOf } from './refusal.ts';

export type Problem = Wire<z.ZodType<z.infer<typeof problem>>>;

/** What a bug says of itself may name anything: it is in the log, and here there is only where to look. */
export function problemOf(error: ModelError, correlationId: string): Problem {
  const status = statusOf(error);
  const { message, ...document } = overHttp(error.toJSON());
  const shown = error.code === 'INTERNAL' ? 'something went wrong in the service: its log has what, under this correlation_id' : message;
  return {
    type: `/reference#${error.code}`,
    title: STATUS_CODES[status] ?? error.code,
    status,
    detail: shown,
    message: shown,
    ...document,
    correlation_id: correlationId,
  };
}
