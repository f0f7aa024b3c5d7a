import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

/** Of this caller: what others call theirs is another key. */
export function idempotencyKeyOf({ headers, caller }: Pick<FastifyRequest, 'headers' | 'caller'>): string | undefined {
  const key = headers['idempotency-key'];
  return key === undefined ? undefined : `${caller.tokenId ?? 'nobody'} ${String(key)}`;
}

/** The same, in a form that can go on record: nobody finds the key in it. */
export function madeBy(request: Pick<FastifyRequest, 'headers' | 'caller'>): string | undefined {
  const key = idempotencyKeyOf(request);
  return key === undefined ? undefined : hash('sha256', key).slice(0, 32);
}
