/** One line for each answer: what the log, the counters and the audit are made from. */
import type { FastifyRequest } from 'fastify';
import type { ModelError } from '../domain/errors.ts';
import type { Caller } from './caller.ts';
import type { ServiceApp } from './service-context.ts';

export interface Answer {
  readonly correlationId: string;
  readonly method: string;
  /** As the route has it, `/v1/models/:id`: few, whatever is asked for. Absent: there is no such route. */
  readonly route?: string;
  /** That the path names, as it was asked for. */
  readonly modelId?: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
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

export function tellAnswers(app: ServiceApp, onAnswer: (answer: Answer, request: FastifyRequest) => void): void {
  app.addHook('onResponse', async (request, reply) => {
    const { url } = request.routeOptions;
    const answer: Answer = {
      correlationId: request.id,
      method: request.method,
      ...(url !== undefined && !request.is404 && { route: url }),
      ...modelOf(request),
      path: pathOf(request),
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
      address: request.ip,
      caller: request.caller,
      ...(request.failure && { failure: request.failure }),
    };
    onAnswer(answer, request);
  });
}

function modelOf({ routeOptions: { url = '' }, params }: FastifyRequest): { modelId?: string } {
  const { id } = (params ?? {}) as { id?: unknown };
  return url.includes('/models/:id') && typeof id === 'string' ? { modelId: id } : {};
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';
