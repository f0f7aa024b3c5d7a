/** The HTTP service over an orchestrator. Nothing of it is loaded but by `wan serve`. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
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
import { bareApp } from './bare-app.ts';
import { anonymousAt, listenError, requireToken, urlOf } from './binding.ts';
import { Door } from './caller.ts';
import { GcPlans } from './gc-plans.ts';
import { guard } from './guard.ts';
import { answerOnce } from './idempotency.ts';
import { LiveFeed } from './live-feed.ts';
import { isLoopback } from './loopback.ts';
import { addOpenApi } from './openapi.ts';
import { endOfRequest, type RequestTracing } from './request-span.ts';
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

const GRACE_MS = 10_000;
/** To look at every file of a large store takes a while. */
const DISK_FRESH_MS = 2000;

/** Ready to listen. */
export async function createService(options: ServiceOptions): Promise<Service> {
  const { orchestrator, config, tokens, version, onAnswer, tracing, onTrouble = () => undefined } = options;
  const stop = new AbortController();
  const door = new Door(tokens, anonymousAt(config));
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
  await registerRoutes(app, contextOf({ ...options, onTrouble }, door, stop.signal));
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

function contextOf(
  { orchestrator, config, version, onTrouble, logTail = new LogTail() }: ServiceOptions & Required<Pick<ServiceOptions, 'onTrouble'>>,
  door: Door,
  stopping: AbortSignal,
): ServiceContext {
  const jobs = openJobQueue(config);
  return {
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
    stopping,
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

/** A name of this machine cannot be made to mean another one, but by whoever rules it. */
const ownNames = ({ apiHost, apiHosts }: Config): ReadonlySet<string> =>
  new Set([apiHost, ...apiHosts, ...(isLoopback(apiHost) ? [] : [hostname()])].map((name) => name.toLowerCase()));

async function closeGently(app: ServiceApp, stop: AbortController, graceMs: number): Promise<void> {
  stop.abort();
  const cutOff = setTimeout(() => app.server.closeAllConnections(), graceMs).unref();
  await app.close();
  clearTimeout(cutOff);
}
