/** How long a body may take. Node's own limit holds for every request alike, and would cut uploads off. */
import type { FastifyRequest } from 'fastify';
import type { ServiceApp } from './service-context.ts';

/** From its first byte to its last. */
const BODY_MS = 120_000;

export function limitBodies(app: ServiceApp): void {
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.hasLongBody === true) return;
    const timer = setTimeout(() => cutOff(request), BODY_MS).unref();
    request.raw.once('close', () => clearTimeout(timer));
  });
}

/** Of one that came whole, the answer may take longer. */
function cutOff({ raw }: FastifyRequest): void {
  if (!raw.complete) raw.destroy();
}
