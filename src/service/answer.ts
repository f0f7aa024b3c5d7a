/** One line for each answer: what the log, the counters and the audit are made from. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ERROR_CODES, type ModelError } from '../domain/errors.ts';
import type { Caller } from './caller.ts';
import type { ServiceApp } from './service-context.ts';
import { countSent } from './thread/sent-bytes.ts';

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
  /** Why it failed, with whatever caused it. */
  readonly failure?: ModelError;
}

declare module 'fastify' {
  interface FastifyRequest {
    failure: ModelError | undefined;
  }
}

/** Of each request once, when the answer is out or the connection has closed. Fastify's own hook is not called in the second case. */
export function tellAnswers(app: ServiceApp, onAnswer: (answer: Answer, request: FastifyRequest) => void): void {
  app.addHook('onRequest', async (request, reply) => {
    const [sinceMs, sentBytes] = [performance.now(), countSent(request.raw)];
    reply.raw.once('close', () => {
      const isWhole = reply.raw.writableFinished;
      const end = { durationMs: performance.now() - sinceMs, ...(!isWhole && { cutAfterBytes: sentBytes() }) };
      onAnswer({ ...about(request), ...end, status: statusOf(reply) }, request);
    });
  });
}

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
