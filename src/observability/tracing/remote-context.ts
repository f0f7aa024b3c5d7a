import { type Context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { parseTraceparent } from '../../domain/trace-context.ts';

/** Undefined for what is no W3C trace context: a trace begins. */
export function remoteContext(traceparent: string | undefined): Context | undefined {
  const found = parseTraceparent(traceparent);
  if (found === undefined) return undefined;
  const { traceId, spanId, isSampled } = found;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
