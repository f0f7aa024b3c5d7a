/** The Hub's 429. Its budgets are `api`, `resolvers` and `pages`. Pure. */
import type { HttpHeaders } from '../http/http-headers.ts';
import { usedUpForMs, waitMsAfter } from '../http/rate-limit.ts';

/** Its `Retry-After` may be shorter than what is left of a budget that is used up. */
export const hubWaitMs = (headers: HttpHeaders, nowMs: number): number | undefined =>
  usedUpForMs(headers, nowMs) ?? waitMsAfter(headers, nowMs);
