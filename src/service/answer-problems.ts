/** Every way in which an answer can fail, answered in one form. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ModelError } from '../domain/errors.ts';
import { newCorrelationId } from '../observability/correlation-id.ts';
import { PROBLEM_TYPE } from './contract/problem.ts';
import { errorOf } from './error-of.ts';
import { problemOf } from './problem.ts';
import { Refusal, type RefusalReason } from './refusal.ts';
import type { ServiceApp } from './service-context.ts';

export type ProblemMaker = (request: FastifyRequest) => ModelError;

/** @param notFound what a request is told that names no route */
export function answerProblems(app: ServiceApp, stopping: AbortSignal, notFound: ProblemMaker = noRoute): void {
  app.setErrorHandler((thrown, request, reply) => sendProblem(thrown, { request, reply, stopping }));
  app.setNotFoundHandler((request, reply) => sendProblem(notFound(request), { request, reply, stopping }));
}

const noRoute: ProblemMaker = ({ method, url }) => new Refusal('route_unknown', `there is no ${method} ${pathOf(url)}`);

interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly stopping: AbortSignal;
}

export function sendProblem(thrown: unknown, { request, reply, stopping }: Asked): FastifyReply {
  const error = errorOf(thrown, request, stopping);
  request.failure = error;
  const problem = problemOf(error, request.id);
  // What is no URL is refused before any hook has said who asks.
  reply.header('x-correlation-id', request.id);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="wan-models"');
  if (problem.status === 503) reply.header('retry-after', '5');
  return reply.code(problem.status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem);
}

const OF_SOCKET: Readonly<Record<string, readonly [reason: RefusalReason, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'the headers are longer than this service reads'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'the request did not come whole in time'],
};

/** What is no HTTP at all never becomes a request: it is answered on its socket, unless that is in the middle of another answer. */
export function answerNoHttp(error: NodeJS.ErrnoException, socket: AnsweringSocket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage) {
    socket.destroy();
    return;
  }
  const [reason, message] = OF_SOCKET[error.code ?? ''] ?? ['request_malformed', 'this is no request that can be read'];
  const problem = problemOf(new Refusal(reason, message), newCorrelationId());
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Correlation-ID: ${problem.correlation_id}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Node's own name for the answer that a socket is taken by; nothing else tells. */
type AnsweringSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/** A query may hold anything; nothing of it is repeated. */
const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';
