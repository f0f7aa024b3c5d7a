/** The HTTP service over an orchestrator. Nothing of it is loaded but by `wan serve`. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import { openAnswerRecords } from '../compose/idempotency.ts';
import { openJobQueue } from '../compose/jobs.ts';
import { storeEventsOf } from '../compose/telemetry.ts';
import type { Config } from '../config/config.ts';
import type { ApiTokens } from '../credentials/api-tokens.ts';
import { isModelError } from '../domain/errors.ts';
import { LogTail } from '../observability/log-tail.ts';
import type { ModelOrchestrator } from '../orchestrator/api.ts';
import { HealthMonitor } from '../orchestrator/health/health-monitor.ts';
import { SharedLook } from '../util/shared-look.ts';
import { type Answer, tellAnswers } from './answer.ts';
import { answerNoHttp, answerProblems, sendProblem } from './answer-problems.ts';
import { anonymousAt, listenError, requireToken, urlOf } from './binding.ts';
import { limitBodies } from './body-time.ts';
import { Door } from './caller.ts';
import { ClientWatch } from './client-watch.ts';
import { UPLOAD_TYPE } from './contract/uploads.ts';
import { wantsPage } from './dashboard/page-for-browsers.ts';
import { InvalidPart } from './error-of.ts';
import { GcPlans } from './gc-plans.ts';
import { guard } from './guard.ts';
import { answerOnce } from './idempotency.ts';
import { LiveFeed } from './live-feed.ts';
import { isLoopback } from './loopback.ts';
import { addOpenApi } from './openapi.ts';
import { Refusal } from './refusal.ts';
import { correlationIdOf } from './request-id.ts';
import { beginSpan, endOfRequest, type RequestTracing } from './request-span.ts';
import { registerRoutes } from './routes/all-routes.ts';
import type { ServiceApp, ServiceContext } from './service-context.ts';
import { Standing } from './standing.ts';

export interface ServiceOptions {
  readonly orchestrator: ModelOrchestrator;
  readonly config: Config;
  readonly tokens: Pick<ApiTokens, 'find' | 'isAny' | 'wereMade'>;
  readonly version: string;
  /** Is told of each answer, once it is out. */
  readonly onAnswer?: (answer: Answer) => void;
  /** Where the last lines of the log are. Default: there are none. */
  readonly logTail?: LogTail;
  /** Where requests become spans; absent: nowhere. */
  readonly tracing?: RequestTracing | undefined;
  /** Of what goes on beside requests, and could not be done. */
  readonly onTrouble?: (error: unknown) => void;
}

export interface Service {
  readonly app: ServiceApp;
  /** @returns its URL @throws ModelError INVALID_CONFIG where it must not, or cannot, listen as configured */
  listen(): Promise<string>;
  /** No further request is taken; those under way end by themselves, or are cut off after `graceMs`. The orchestrator stays open. */
  close(graceMs?: number): Promise<void>;
}

const BODY_LIMIT_BYTES = 1024 * 1024;
const MAX_PARAM_LENGTH = 1024;
const GRACE_MS = 10_000;
/** To look at every file of a large store takes a while. */
const DISK_FRESH_MS = 2000;

/** Ready to listen. */
export async function createService({
  orchestrator,
  config,
  tokens,
  version,
  onAnswer,
  tracing,
  onTrouble = () => undefined,
  logTail = new LogTail(),
}: ServiceOptions): Promise<Service> {
  const stop = new AbortController();
  const jobs = openJobQueue(config);
  const door = new Door(tokens, anonymousAt(config));
  const context: ServiceContext = {
    orchestrator,
    health: healthOf(orchestrator, config),
    jobs,
    feed: new LiveFeed({ queue: jobs, events: storeEventsOf(config), onTrouble }),
    epoch: randomBytes(4).toString('hex'),
    gcPlans: new GcPlans(),
    standing: new Standing(door),
    disk: new SharedLook({ look: () => orchestrator.diskUsage(), freshForMs: DISK_FRESH_MS, now: () => performance.now() }),
    config,
    version,
    logTail,
    stopping: stop.signal,
  };
  const app = bareApp(stop.signal, tracing);
  tellAnswers(app, (answer, request) => {
    request.span?.end(endOfRequest(answer));
    onAnswer?.(answer);
  });
  await app.register(rateLimit, { global: false });
  await app.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: POLICY }, strictTransportSecurity: false });
  await addOpenApi(app, version);
  guard(app, { door, names: ownNames(config), rateLimit: config.apiRateLimit });
  answerOnce(app, openAnswerRecords(config));
  await convertOlderRegistry(orchestrator, onTrouble);
  await registerRoutes(app, context);
  await app.ready();
  return {
    app,
    listen: async () => {
      await requireToken(config, tokens);
      return listen(app, config);
    },
    close: (graceMs = GRACE_MS) => closeGently(app, stop, graceMs),
  };
}

/** What cannot be converted is told by every route that needs it; models of the manifest are served all the same. */
async function convertOlderRegistry(orchestrator: ModelOrchestrator, onTrouble: (error: unknown) => void): Promise<void> {
  try {
    await orchestrator.convertRegistry();
  } catch (error) {
    if (!isModelError(error)) throw error;
    onTrouble(error);
  }
}

async function listen(app: ServiceApp, { apiHost, apiPort }: Config): Promise<string> {
  try {
    await app.listen({ host: apiHost, port: apiPort });
  } catch (error) {
    throw listenError(error, { apiHost, apiPort });
  }
  return urlOf(apiHost, (app.server.address() as AddressInfo).port);
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

const healthOf = (orchestrator: ModelOrchestrator, config: Config): HealthMonitor =>
  new HealthMonitor(orchestrator, {
    marginBytes: config.safetyMarginBytes,
    quotas: { totalBytes: config.maxTotalSizeBytes, familyBytes: config.maxFamilySizeBytes },
  });

/** Pages of the service load what is its own, and nothing else. */
const POLICY = {
  defaultSrc: ["'none'"],
  ...Object.fromEntries(['scriptSrc', 'styleSrc', 'imgSrc', 'connectSrc', 'fontSrc', 'manifestSrc'].map((name) => [name, ["'self'"]])),
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

function bareApp(stopping: AbortSignal, tracing: RequestTracing | undefined): ServiceApp {
  const app: ServiceApp = fastify({
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
  answerProblems(app, stopping);
  return app;
}

/** A name of this machine cannot be made to mean another one, but by whoever rules it. */
const ownNames = ({ apiHost, apiHosts }: Config): ReadonlySet<string> =>
  new Set([apiHost, ...apiHosts, ...(isLoopback(apiHost) ? [] : [hostname()])].map((name) => name.toLowerCase()));

async function closeGently(app: ServiceApp, stop: AbortController, graceMs: number): Promise<void> {
  stop.abort();
  const cutOff = setTimeout(() => app.server.closeAllConnections(), graceMs).unref();
  await app.close();
  clearTimeout(cutOff);
}
