/** An answer as a line of the log, which redacts it. */
import { isModelError, type ModelError } from '../domain/errors.ts';
import { failureFields } from '../observability/log-fields.ts';
import type { LogRecord } from '../observability/log-record.ts';
import { modelFields } from '../observability/model-fields.ts';
import { formatBytes } from '../util/format-bytes.ts';
import { type Answer, isOurs } from './answer.ts';
import { isReading } from './is-reading.ts';

export function answerRecord(answer: Answer): LogRecord {
  const { method, route, path, status, cutAfterBytes, durationMs, address, caller, failure, correlationId, modelId } = answer;
  const cutOff = cutAfterBytes === undefined ? '' : `, cut off after ${formatBytes(cutAfterBytes)}`;
  return {
    timestamp: new Date().toISOString(),
    level: levelOf(answer),
    message: `${method} ${path} ${status}${cutOff}${failure === undefined ? '' : `: ${textOf(failure)}`}`,
    correlation_id: correlationId,
    event: 'http.answered',
    ...(modelId !== undefined && modelFields({ model: modelId })),
    ...{ method, status, address },
    ...(route !== undefined && { route }),
    ...(cutAfterBytes !== undefined && { aborted: true, bytes_sent: cutAfterBytes }),
    duration_seconds: Math.round(durationMs) / 1000,
    ...(caller.tokenId !== undefined && { token_id: caller.tokenId }),
    ...(failure && failureFields(failure)),
  };
}

/** What goes well is told where it changes something, and what fails where it is ours to mend; the rest is for whoever looks for it. */
function levelOf(answer: Answer): LogRecord['level'] {
  const { method, status, cutAfterBytes, failure } = answer;
  if (failure?.reason === 'token_unusable') return 'WARN';
  if (isOurs(answer) && status !== 501 && failure?.reason !== 'stopping') return 'ERROR';
  // What nobody waited for may have been done all the same.
  const mayBeDone = status < 400 || cutAfterBytes !== undefined;
  return mayBeDone && !isReading(method) ? 'INFO' : 'DEBUG';
}

/** With what the caller is not told. */
const textOf = ({ message, cause }: ModelError): string => (isModelError(cause) ? `${message}: ${cause.message}` : message);
