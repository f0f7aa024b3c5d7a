/** Every failed answer: RFC 9457, and what older callers look for in it. */
import { z } from 'zod';
import { errorObject } from '../../documents/envelope.ts';

export const PROBLEM_TYPE = 'application/problem+json';

export const problem = errorObject
  .partial({ attempts: true })
  .extend({
    type: z.string().meta({ description: 'names the code: an address on the reference page of the service' }),
    title: z.string().meta({ description: 'what the status means' }),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'as `message`' }),
    correlation_id: z.string().meta({ description: 'the log of the service has it in each of its lines' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; `code` is one of docs/errors.md' });
