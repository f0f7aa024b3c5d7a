import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isModelError, ModelError } from '../../domain/errors.ts';
import type { HttpAnswer } from './http-client.ts';

/** The answer to a request that let gzip be sent: for documents, never for files of models. @param label redacted */
export function decodedAnswer(answer: HttpAnswer, label: string): HttpAnswer {
  const encoding = answer.headers['content-encoding']?.trim().toLowerCase();
  return encoding === 'gzip' ? { ...answer, body: gunzipped(answer, label) } : answer;
}

async function* gunzipped({ body, discard }: HttpAnswer, label: string): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const piped = pipeline(Readable.from(body), gunzip);
  // Told by reading: it destroys the stream that is read.
  piped.catch(() => undefined);
  try {
    yield* gunzip;
  } catch (error) {
    if (isModelError(error)) throw error;
    throw new ModelError('FORMAT_INVALID', `the answer of ${label} is no gzip, although it says so`, {
      reason: 'gzip_invalid',
      cause: error,
    });
  } finally {
    gunzip.destroy();
    discard();
  }
}
