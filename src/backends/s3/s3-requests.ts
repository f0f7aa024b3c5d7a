/** Requests that change a bucket, or look into it: made again where that may help. */
import { ModelError } from '../../domain/errors.ts';
import type { Clock, Random } from '../../domain/world.ts';
import { DEFAULT_RETRY_POLICY, retry } from '../../util/retry.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import { judgeModelError } from '../layers/with-retry.ts';
import type { S3Bucket } from './s3-bucket.ts';

type ChangeRequest = Parameters<S3Bucket['change']>[1];

const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

export class S3Requests {
  readonly bucket: S3Bucket;
  readonly #world: { readonly clock: Clock; readonly random: Random };

  constructor(bucket: S3Bucket, world: { readonly clock: Clock; readonly random: Random }) {
    this.bucket = bucket;
    this.#world = world;
  }

  /** @returns the text of the answer, be it a small object or a document */
  text(method: 'GET' | 'PUT' | 'POST' | 'DELETE', request: ChangeRequest): Promise<string> {
    return this.again(request.signal, async () => textOf(await this.bucket.change(method, request)));
  }

  again<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { clock, random } = this.#world;
    return retry(() => this.bucket.learning(work), { policy: DEFAULT_RETRY_POLICY, clock, random, signal, judge: judgeModelError });
  }
}

async function textOf(answer: HttpAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.length;
    if (bytes > MAX_DOCUMENT_BYTES)
      throw new ModelError('SOURCE_UNAVAILABLE', 'the answer of the service is too long', { reason: 'document_too_long' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
