/**
 * Where requests come in. It looks at no file of the store: requests are handed to the thread of the service, and where that gives no answer, it
 * gives one itself. Of files that are asked for it sends the bytes, never waiting in a call (see passed-file.ts). So a file system that hangs in the kernel takes nobody's time but that of its own thread.
 */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { FastifyServerFactory } from 'fastify';
import { standInExposition } from '../../compose/telemetry.ts';
import type { Config } from '../../config/config.ts';
import { requireModelsRoot } from '../../config/require-models-root.ts';
import { ApiTokens } from '../../credentials/api-tokens.ts';
import type { LogRecord } from '../../observability/log-record.ts';
import { addHeaders, bareApp, ownNames } from '../bare-app.ts';
import { anonymousAt, requireToken } from '../binding.ts';
import { Door } from '../caller.ts';
import { PROBLEM_TYPE } from '../contract/problem.ts';
import { guard } from '../guard.ts';
import { isReading } from '../is-reading.ts';
import { closeGently, listen } from '../listen.ts';
import { problemOf } from '../problem.ts';
import { correlationIdOf } from '../request-id.ts';
import { dashboardRoutes } from '../routes/dashboard-routes.ts';
import type { ServiceApp } from '../service-context.ts';
import type { Ready, ServiceThread } from '../thread/service-thread.ts';
import { LastAnswers } from './last-answers.ts';
import { isOver } from './patience.ts';
import { Relay } from './relay.ts';
import { Silence } from './silence.ts';
import { standInRoutes, unresponsive } from './stand-in-routes.ts';
import { timelyTokens } from './timely-tokens.ts';

export interface FrontOptions {
  readonly config: Config;
  readonly version: string;
  readonly onLog: (record: LogRecord) => void;
}

interface Waiting {
  readonly relay: Relay;
  readonly request: Parameters<RequestListener>[0];
  readonly response: ServerResponse;
}

/** As Fastify sets it for its own servers. */
const KEEP_ALIVE_MS = 72_000;

export class Front {
  readonly silence: Silence;
  readonly #config: Config;
  readonly #last = new LastAnswers();
  readonly #waiting = new Set<Waiting>();
  readonly #stop = new AbortController();
  readonly #app: Promise<ServiceApp>;
  #thread: ServiceThread | undefined;
  #ready: Ready | undefined;
  #standIn: RequestListener = () => undefined;

  constructor({ config, version, onLog }: FrontOptions) {
    this.#config = config;
    this.silence = new Silence({ silentMs: () => this.#thread?.silentMs ?? 0, onLog });
    this.#app = this.#makeApp(version);
    this.#app.catch(() => undefined);
  }

  /** Before it listens. */
  serveFrom(thread: ServiceThread): void {
    this.#thread = thread;
    thread.ready.then(
      (ready) => {
        this.#ready = ready;
      },
      () => undefined,
    );
  }

  /** Call several times a second. */
  look(): void {
    this.silence.look();
    for (const waiting of this.#waiting) if (this.#isOver(waiting)) this.#answerFor(waiting);
  }

  /** @returns its URL @throws ModelError INVALID_CONFIG where it must not, or cannot, listen as configured */
  async listen(): Promise<string> {
    await requireToken(this.#config, new ApiTokens(this.#config));
    return listen(await this.#app, this.#config);
  }

  /** No further request is taken; those under way end by themselves, or are cut off after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#stop.abort();
    await closeGently(await this.#app, graceMs);
  }

  async #makeApp(version: string): Promise<ServiceApp> {
    const serverFactory: FastifyServerFactory<Server> = (handler) => this.#serverOf(handler);
    const app = bareApp({ stopping: this.#stop.signal, notFound: () => unresponsive(this.silence), serverFactory });
    await addHeaders(app);
    const tokens = timelyTokens(new ApiTokens(this.#config), () => unresponsive(this.silence));
    guard(app, { door: new Door(tokens, anonymousAt(this.#config)), names: ownNames(this.#config), rateLimit: this.#config.apiRateLimit });
    const standIn = {
      ...{ silence: this.silence, last: this.#last, known: () => this.#ready, version },
      ...{ root: requireModelsRoot(this.#config), exposition: await standInExposition() },
    };
    dashboardRoutes(app);
    for (const prefix of ['/v1', '']) void app.register(async (scope: ServiceApp) => standInRoutes(scope, standIn), { prefix });
    await app.ready();
    return app;
  }

  #serverOf(handler: RequestListener): Server {
    this.#standIn = handler;
    const server = createServer((request, response) => this.#handle(request, response));
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    // A body has its own time: see body-time.ts.
    server.requestTimeout = 0;
    return server;
  }

  #handle(...[request, response]: Parameters<RequestListener>): void {
    const thread = this.#thread;
    if (thread === undefined || this.silence.isUnresponsive || this.#stop.signal.aborted) {
      this.#answer(request, response);
      return;
    }
    const relay = new Relay({
      ...{ request, response, connect: () => thread.connect(request.socket.remoteAddress) },
      isLast: () => this.#stop.signal.aborted,
      onAnswer: (answer) => {
        this.#waiting.delete(waiting);
        if (request.method === 'GET') this.#last.note(request.url ?? '', answer);
      },
    });
    const waiting: Waiting = { relay, request, response };
    this.#waiting.add(waiting);
    response.once('close', () => this.#waiting.delete(waiting));
  }

  #isOver({ relay, request: { method = 'GET', url = '/' } }: Waiting): boolean {
    return isOver({ method, url }, { waitedMs: performance.now() - relay.sinceMs, silentMs: this.silence.silentMs });
  }

  #answerFor(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    waiting.relay.abandon();
    this.#answer(waiting.request, waiting.response);
  }

  /** What may have a body is not read any further. */
  #answer(...[request, response]: Parameters<RequestListener>): void {
    if (this.#stop.signal.aborted || isReading(request.method)) {
      this.#standIn(request, response);
      return;
    }
    const problem = problemOf(unresponsive(this.silence), correlationIdOf(request));
    const body = JSON.stringify(problem);
    response.writeHead(problem.status, {
      ...{ 'content-type': PROBLEM_TYPE, 'content-length': Buffer.byteLength(body), 'x-correlation-id': problem.correlation_id },
      ...{ 'retry-after': '5', connection: 'close' },
    });
    response.end(body);
  }
}
