import { ModelError } from '../../domain/errors.ts';
import type { HttpAnswer } from './http-client.ts';

/** Far above any listing, far below what would hurt. */
const LIMIT_BYTES = 32 * 1024 * 1024;

/** The JSON document of an answer. @param label redacted @throws ModelError FORMAT_INVALID (json_invalid, json_too_long), what the body throws */
export async function readJson(answer: HttpAnswer, label: string): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > LIMIT_BYTES) throw invalid(label, 'json_too_long', `has more than ${LIMIT_BYTES} bytes`);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw invalid(label, 'json_invalid', 'is no JSON', error);
  }
}

const invalid = (label: string, reason: string, what: string, cause?: unknown): ModelError =>
  new ModelError('FORMAT_INVALID', `the answer of ${label} ${what}`, {
    reason,
    cause,
    hint: 'open the URL in a browser: a log-in page, a proxy or a captive portal may stand before the source',
  });
