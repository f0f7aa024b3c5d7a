import type { FastifyRequest } from 'fastify';

/** Of this caller: what others call theirs is another key. */
export function idempotencyKeyOf({ headers, caller }: Pick<FastifyRequest, 'headers' | 'caller'>): string | undefined {
  const key = headers['idempotency-key'];
  return key === undefined ? undefined : `${caller.tokenId ?? 'nobody'} ${String(key)}`;
}
