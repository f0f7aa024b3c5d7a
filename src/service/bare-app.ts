/** A Fastify app as ours are: how requests are read, and failures answered. */
import type { Server } from 'node:http';
import { hostname } from 'node:os';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyServerFactory } from 'fastify';
import type { Config } from '../config/config.ts';
import { answerNoHttp, answerProblems, type ProblemMaker, sendProblem } from './answer-problems.ts';
import { limitBodies } from './body-time.ts';
import { ClientWatch } from './client-watch.ts';
import { UPLOAD_TYPE } from './contract/uploads.ts';
import { wantsPage } from './dashboard/page-for-browsers.ts';
import { InvalidPart } from './error-of.ts';
import { isLoopback } from './loopback.ts';
import { Refusal } from './refusal.ts';
import { correlationIdOf } from './request-id.ts';
import { beginSpan, type RequestTracing } from './request-span.ts';
import type { ServiceApp } from './service-context.ts';

const BODY_LIMIT_BYTES = 1024 * 1024;
const MAX_PARAM_LENGTH = 1024;

export interface BareApp {
  readonly stopping: AbortSignal;
  /** Where requests become spans; absent: nowhere. */
  readonly tracing?: RequestTracing | undefined;
  /** What a request is told that names no route. */
  readonly notFound?: ProblemMaker;
  /** What listens, and hands requests to the app's handler. Default: a server that hands it all. */
  readonly serverFactory?: FastifyServerFactory<Server>;
}

/** Without a route, and without a guard. */
export function bareApp({ stopping, tracing, notFound, serverFactory }: BareApp): ServiceApp {
  const app: ServiceApp = fastify<Server>({
    ...(serverFactory && { serverFactory }),
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    rewriteUrl: (request) => (wantsPage(request) ? '/dashboard' : (request.url ?? '/').replace(/^\/api(?=\/|$)/, '') || '/'),
    genReqId: correlationIdOf,
    frameworkErrors: (error, request, reply) => void sendProblem(error, { request: request as never, reply: reply as never, stopping }),
    clientErrorHandler: answerNoHttp,
  });
  app.setValidatorCompiler(({ schema }) => (data) => {
    const parsed = (schema as import('zod').ZodType).safeParse(data);
    return parsed.success ? { value: parsed.data } : { error: new InvalidPart(parsed.error) };
  });
  acceptEmptyJson(app);
  // At run time the types alone keep the output honest; tests hold each answer against its schema.
  app.setSerializerCompiler(() => JSON.stringify);
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('client');
  app.decorateRequest('traceparent');
  app.decorateRequest('span');
  app.addHook('onRequest', async (request, reply) => {
    request.client = new ClientWatch(reply.raw);
    beginSpan(request, tracing);
    reply.headers({ 'x-correlation-id': request.id, 'cache-control': 'no-store' });
  });
  limitBodies(app);
  acceptBytes(app);
  answerProblems(app, stopping, notFound);
  return app;
}

/** Bytes of uploads are handed on as they come, and never held; everywhere else they are no body. */
function acceptBytes(app: ServiceApp): void {
  app.addContentTypeParser(UPLOAD_TYPE, (request, payload, done) => {
    if (request.routeOptions.config.hasLongBody === true) done(null, payload);
    else done(new Refusal('media_type_unknown', `this takes no ${UPLOAD_TYPE}`));
  });
}

/** Older clients name the type of a body that they do not send. */
function acceptEmptyJson(app: ServiceApp): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : parse(request, String(body), done),
  );
}

/** Pages of the service load what is its own, and nothing else. */
const POLICY = {
  defaultSrc: ["'none'"],
  ...Object.fromEntries(['scriptSrc', 'styleSrc', 'imgSrc', 'connectSrc', 'fontSrc', 'manifestSrc'].map((name) => [name, ["'self'"]])),
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

/** What it may be told by whom is settled by whoever adds the routes. */
export async function addHeaders(app: ServiceApp): Promise<void> {
  await app.register(rateLimit, { global: false });
  await app.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: POLICY }, strictTransportSecurity: false });
}

/** A name of this machine cannot be made to mean another one, but by whoever rules it. */
export const ownNames = ({ apiHost, apiHosts }: Config): ReadonlySet<string> =>
  new Set([apiHost, ...apiHosts, ...(isLoopback(apiHost) ? [] : [hostname()])].map((name) => name.toLowerCase()));
