/** An answer as a line of the log. Pure. */
import type { LogRecord } from '../observability/log-record.ts';
import { modelFields } from '../observability/model-fields.ts';
import { redactText } from '../observability/redact-text.ts';
import type { Answer } from './answer.ts';

/** What goes well is told where it changes something; the rest is for whoever looks for it. */
export function answerRecord(answer: Answer): LogRecord {
  const { method, route, path, status, durationMs, address, caller, failure, correlationId, modelId } = answer;
  const level = status >= 500 && status !== 501 ? 'ERROR' : status >= 400 || isReading(method) ? 'DEBUG' : 'INFO';
  return {
    timestamp: new Date().toISOString(),
    level,
    message: `${method} ${redactText(path)} ${status}${failure === undefined ? '' : `: ${redactText(failure.message)}`}`,
    correlation_id: correlationId,
    event: 'http.answered',
    ...(modelId !== undefined && modelFields({ model: redactText(modelId) })),
    ...{ method, status, address },
    ...(route !== undefined && { route }),
    duration_seconds: Math.round(durationMs) / 1000,
    ...(caller.tokenId !== undefined && { token_id: caller.tokenId }),
    ...(failure && { error_code: failure.code, ...(failure.reason !== undefined && { reason: failure.reason }) }),
    ...(failure?.code === 'INTERNAL' && { stack: redactText(stackOf(failure)) }),
  };
}

const isReading = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** A wrapped bug is told where it happened. */
const stackOf = ({ cause, stack = '' }: Error): string => (cause instanceof Error ? (cause.stack ?? '') : stack);
