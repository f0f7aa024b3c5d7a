import type { IncomingMessage } from 'node:http';
import { isCorrelationId } from '../domain/correlation-id.ts';
import { newCorrelationId } from '../observability/correlation-id.ts';

/** The caller's own, so that its log and ours tell of the same; made where it sends none that is fit for a log. */
export function correlationIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-correlation-id'] ?? headers['x-request-id'];
  return typeof given === 'string' && isCorrelationId(given) ? given : newCorrelationId();
}
