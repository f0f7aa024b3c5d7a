/** One line for each answer: what the log, the counters and the audit are made from. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ERROR_CODES, type ModelError } from '../domain/errors.ts';
import type { Caller } from './caller.ts';
import type { ServiceApp } from './service-context.ts';
import { type CutOff, watchCutOff } from './thread/cut-off.ts';

export interface Answer {
  readonly correlationId: string;
  readonly method: string;
  /** As the route has it, `/v1/models/:id`: few, whatever is asked for. Absent: there is no such route. */
  readonly route?: string;
  /** That the path names, as it was asked for. */
  readonly modelId?: string;
  /** Without its query. */
  readonly path: string;
  /** As its head says; of a client that left before there was one, that it did. */
  readonly status: number;
  /** How many bytes had gone out, head and all, when the connection closed before the answer was whole. Absent: it is whole. */
  readonly cutAfterBytes?: number;
  readonly durationMs: number;
  readonly address: string;
  readonly caller: Caller;
  /** Why it failed, with whatever caused it: by its status, or in the middle of what is 200. */
  readonly failure?: ModelError;
}

/** Whether it is ours to mend: it was told so, or broke off by itself after it was told otherwise. */
export const isOurs = ({ status, failure }: Pick<Answer, 'status' | 'failure'>): boolean =>
  status >= 500 || (status < 400 && failure !== undefined);

declare module 'fastify' {
  interface FastifyRequest {
    failure: ModelError | undefined;
  }
}

/** Of each request once, when the answer is out or the connection has closed. Fastify's own hook is not called in the second case. */
export function tellAnswers(app: ServiceApp, onAnswer: (answer: Answer, request: FastifyRequest) => void): void {
  app.addHook('onRequest', async (request, reply) => {
    const [sinceMs, cutOff] = [performance.now(), watchCutOff(request.raw)];
    reply.raw.once('close', () => {
      const durationMs = performance.now() - sinceMs;
      const how = reply.raw.writableFinished ? {} : asCutOff(cutOff());
      onAnswer({ ...about(request), durationMs, status: statusOf(reply), ...how }, request);
    });
  });
}

const asCutOff = ({ sentBytes, failure }: CutOff): Pick<Answer, 'cutAfterBytes' | 'failure'> => ({
  cutAfterBytes: sentBytes,
  ...(failure && { failure }),
});

function about(request: FastifyRequest): Omit<Answer, 'status' | 'durationMs'> {
  const { url } = request.routeOptions;
  return {
    correlationId: request.id,
    method: request.method,
    ...(url !== undefined && !request.is404 && { route: url }),
    ...modelOf(request),
    path: pathOf(request),
    address: request.ip,
    caller: request.caller,
    ...(request.failure && { failure: request.failure }),
  };
}

const statusOf = ({ raw, statusCode }: FastifyReply): number => (raw.headersSent ? statusCode : ERROR_CODES.CANCELLED.httpStatus);

function modelOf({ routeOptions: { url = '' }, params }: FastifyRequest): { modelId?: string } {
  const { id } = (params ?? {}) as { id?: unknown };
  return url.includes('/models/:id') && typeof id === 'string' ? { modelId: id } : {};
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';
