/** A request as a span, where traces are kept: under the caller's, with all that it causes below it. */
import type { FastifyRequest } from 'fastify';
import { cleanTraceparent } from '../domain/trace-context.ts';
import { redactText } from '../observability/redact-text.ts';
import type { Otlp, RootEnd, RootSpan } from '../telemetry/otlp/otlp.ts';
import { type Answer, isOurs } from './answer.ts';

export type RequestTracing = Pick<Otlp, 'span'>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Of its span where traces are kept, else as the caller sent it. */
    traceparent: string | undefined;
    span: RootSpan | undefined;
  }
}

/** What it is of is known only once a route was found. */
export function beginSpan(request: FastifyRequest, tracing: RequestTracing | undefined): void {
  const { traceparent: sent } = request.headers;
  const traceparent = cleanTraceparent(typeof sent === 'string' ? sent : undefined);
  const attributes = { 'http.request.method': request.method, 'wan.correlation_id': request.id };
  request.span = tracing?.span(request.method, { traceparent, kind: 'server', attributes });
  request.traceparent = request.span?.traceparent ?? traceparent;
}

/** As OpenTelemetry names the parts of a request; what a caller got wrong is no fault of ours. */
export function endOfRequest(answer: Answer): RootEnd {
  const { method, route, path, status, cutAfterBytes, address, caller, failure, modelId } = answer;
  return {
    name: route === undefined ? method : `${method} ${route}`,
    attributes: {
      'http.response.status_code': status,
      'url.path': redactText(path),
      'client.address': address,
      ...(cutAfterBytes !== undefined && { 'wan.aborted': true, 'wan.sent_bytes': cutAfterBytes }),
      ...(route !== undefined && { 'http.route': route }),
      ...(modelId !== undefined && { 'wan.model_id': redactText(modelId) }),
      ...(caller.tokenId !== undefined && { 'wan.token_id': caller.tokenId }),
    },
    ...(isOurs(answer) && { error: { code: failure?.code ?? String(status), message: failure?.message ?? 'not told' } }),
  };
}
