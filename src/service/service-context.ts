/** What every group of routes works with. A group is one file of routes/, and one line of routes/all-routes.ts. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { z } from 'zod';
import type { Config } from '../config/config.ts';
import type { DiskUsage } from '../domain/disk-usage.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { LogTail } from '../observability/log-tail.ts';
import type { CallOptions, ModelOrchestrator } from '../orchestrator/api.ts';
import type { HealthMonitor } from '../orchestrator/health/health-monitor.ts';
import type { SharedLook } from '../util/shared-look.ts';
import type { Wire } from '../wire/wire.ts';
import type { Access, Caller } from './caller.ts';
import type { ClientWatch } from './client-watch.ts';
import type { GcPlans } from './gc-plans.ts';
import type { LiveFeed } from './live-feed.ts';
import type { Standing } from './standing.ts';

/** Requests are what their schemas make of them; answers are as the schemas of documents say, every level read-only. */
interface WireTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  readonly serializer: this['schema'] extends z.ZodType ? Wire<this['schema']> : unknown;
}

export type ServiceApp = FastifyInstance<RawServerDefault, FastifyRequest['raw'], RawReplyDefaultExpression, FastifyBaseLogger, WireTypes>;

export interface ServiceContext {
  readonly orchestrator: ModelOrchestrator;
  readonly health: HealthMonitor;
  /** Of the configured root. */
  readonly jobs: JobQueue;
  /** What changes among them, and what happens to models. */
  readonly feed: LiveFeed;
  /** Of this run of the service. */
  readonly epoch: string;
  readonly gcPlans: GcPlans;
  readonly standing: Standing;
  readonly disk: SharedLook<DiskUsage>;
  readonly config: Config;
  readonly version: string;
  /** What this process logged last. */
  readonly logTail: LogTail;
  /** Aborted when the service stops: what a request waits for ends then, and keeps what it holds. */
  readonly stopping: AbortSignal;
}

/** Registers its routes; called once for each prefix, so it keeps nothing of its own. */
export type RouteGroup = (app: ServiceApp, context: ServiceContext) => void;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the caller must be allowed to. A route without it does not start. */
    access?: Access;
    /** It may be opened from another site's link: it is a page, and shows nothing before the visitor says who they are. */
    isPage?: boolean;
    /** Whoever asks is answered, and not looked up. */
    isForAll?: boolean;
    /** Its body may take as long as it takes, as long as bytes come. */
    hasLongBody?: boolean;
    /** It knows an Idempotency-Key itself. */
    isIdempotent?: boolean;
    /** Done again it changes nothing, or finds what the same request has made: an answer that is too long to be kept is made anew. */
    bearsRepeating?: boolean;
  }

  interface FastifyRequest {
    caller: Caller;
    client: ClientWatch;
  }
}

/** What ties all that a request causes to it. */
export const callIds = ({
  id,
  traceparent,
}: FastifyRequest): Required<Pick<CallOptions, 'correlationId'>> & Pick<CallOptions, 'traceparent'> => ({
  correlationId: id,
  ...(traceparent !== undefined && { traceparent }),
});

/** For the verbs: they stop with the request or the service, and their events have the id of the request. */
export function callOptions(
  request: FastifyRequest,
  { stopping }: Pick<ServiceContext, 'stopping'>,
): CallOptions & Required<Pick<CallOptions, 'signal' | 'correlationId' | 'actor'>> {
  const { tokenName } = request.caller;
  const actor = { via: 'http', ...(tokenName !== undefined && { name: tokenName }) } as const;
  return { signal: AbortSignal.any([request.client.signal, stopping]), ...callIds(request), actor };
}

/** For verbs that go on when the caller has gone, and stop with the service alone. */
export const lastingOptions = (request: FastifyRequest, context: Pick<ServiceContext, 'stopping'>): ReturnType<typeof callOptions> => ({
  ...callOptions(request, context),
  signal: context.stopping,
});
