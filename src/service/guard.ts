/** What every request passes before its route: how it was called, how often, and by whom. */
import type { FastifyRequest } from 'fastify';
import { refuseForeign } from './browser-guard.ts';
import type { Access, Door } from './caller.ts';
import { Refusal } from './refusal.ts';
import type { ServiceApp } from './service-context.ts';

export interface GuardOptions {
  readonly door: Door;
  /** By which the service may be called, besides addresses and `localhost`. */
  readonly names: ReadonlySet<string>;
  /** Requests of one client in a second. */
  readonly rateLimit: number;
}

export function guard(app: ServiceApp, { door, names, rateLimit }: GuardOptions): void {
  const limit = app.createRateLimit({ max: rateLimit, timeWindow: 1000 });
  app.decorateRequest('caller');
  app.decorateRequest('failure');
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`${String(method)} ${url} does not say what a caller must be allowed to`);
  });
  app.addHook('onRequest', async (request, reply) => {
    request.caller = {};
    const used = await limit(request);
    if (!used.isAllowed && used.isExceeded) {
      reply.header('retry-after', String(used.ttlInSeconds));
      throw new Refusal('too_many_requests', `more than ${rateLimit} requests in a second`);
    }
    refuseForeign(request.headers, { names, isPage: request.routeOptions.config.isPage ?? false });
    // Whoever starts and stops the service is answered even where nothing can be read.
    if (request.routeOptions.config.isForAll === true) return;
    request.caller = await door.callerOf(request.headers.authorization);
    door.check(request.caller, accessOf(request));
  });
}

/** That there is no such route may everybody know. */
const accessOf = (request: FastifyRequest): Access => request.routeOptions.config.access ?? 'open';
