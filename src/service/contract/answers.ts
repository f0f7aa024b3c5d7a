/** The answers of a route as its schema has them. */
import type { z } from 'zod';
import { PROBLEM_TYPE, problem } from './problem.ts';

/** Whatever goes wrong: its status is in docs/errors.md, by its code. */
export const failures = { content: { [PROBLEM_TYPE]: { schema: problem } }, description: 'a failure, told by `code`' };

/** 201 with a document, which has an address of its own, or a problem. */
export const created = <Schema extends z.ZodType>(document: Schema) => ({ 201: document, '4xx': failures, '5xx': failures });

/** 200 with a document, or a problem. */
export const answers = <Schema extends z.ZodType>(document: Schema) => ({ 200: document, '4xx': failures, '5xx': failures });
