import type { IncomingMessage } from 'node:http';
import { newCorrelationId } from '../observability/correlation-id.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The caller's own, so that its log and ours tell of the same; made where it sends none that is fit for a log. */
export function correlationIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-correlation-id'] ?? headers['x-request-id'];
  return typeof given === 'string' && ID.test(given) ? given : newCorrelationId();
}
