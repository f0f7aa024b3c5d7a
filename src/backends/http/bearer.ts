import type { FoundToken } from '../credentials.ts';
import type { HttpHeaders } from './http-headers.ts';

/** The header that shows a token; none without one. */
export const bearer = (found: Pick<FoundToken, 'token'> | undefined): HttpHeaders =>
  found === undefined ? {} : { authorization: `Bearer ${found.token.reveal()}` };
