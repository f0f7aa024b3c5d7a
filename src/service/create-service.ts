/** The HTTP service over an orchestrator. Nothing of it is loaded but by `wan serve`. */
import { randomBytes } from 'node:crypto';
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
import { addHeaders, bareApp, ownNames } from './bare-app.ts';
import { anonymousAt, requireToken } from './binding.ts';
import { Door } from './caller.ts';
import { GcPlans } from './gc-plans.ts';
import { guard } from './guard.ts';
import { answerOnce } from './idempotency.ts';
import { closeGently, listen } from './listen.ts';
import { LiveFeed } from './live-feed.ts';
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
  /** What is under way is told to end, and keeps what it holds. */
  stop(): void;
  /** As {@link stop}, and no further request is taken; those under way end by themselves, or are cut off after `graceMs`. The orchestrator stays open. */
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
  const app = bareApp({ stopping: stop.signal, tracing });
  tellAnswers(app, (answer, request) => {
    request.span?.end(endOfRequest(answer));
    onAnswer?.(answer);
  });
  await addHeaders(app);
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
    stop: () => stop.abort(),
    close: (graceMs = GRACE_MS) => {
      stop.abort();
      return closeGently(app, graceMs);
    },
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

const healthOf = (orchestrator: ModelOrchestrator, config: Config): HealthMonitor =>
  new HealthMonitor(orchestrator, {
    marginBytes: config.safetyMarginBytes,
    quotas: { totalBytes: config.maxTotalSizeBytes, familyBytes: config.maxFamilySizeBytes },
  });
