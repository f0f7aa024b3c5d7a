/** Objects put into a bucket, and taken out of it. What the service says of their bytes is its own sum, not an echo of ours. */
import { isModelError, ModelError } from '../../domain/errors.ts';
import { parseContentLength } from '../http/content-range.ts';
import { listObjects } from './list-objects.ts';
import type { S3Requests } from './s3-requests.ts';
import { sumHeaders } from './s3-sums.ts';

export interface StoredObject {
  readonly sizeBytes: number;
  /** Base64 of the sha256 that the service made: of the whole, or of its parts' sums. */
  readonly checksum?: string;
}

export class S3Objects {
  readonly #requests: S3Requests;

  constructor(requests: S3Requests) {
    this.#requests = requests;
  }

  /** Undefined where there is none. */
  async look(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    const { bucket } = this.#requests;
    return this.#requests.again(signal, async () => {
      const answer = await bucket.head({ key, headers: { 'x-amz-checksum-mode': 'ENABLED' }, signal });
      await answer.release();
      if (answer.status === 404) return undefined;
      // A HEAD says no reason: a GET does.
      if (answer.status !== 200) await (await bucket.change('GET', { key, signal })).release();
      const sizeBytes = parseContentLength(answer.headers['content-length']);
      if (sizeBytes === undefined) throw new ModelError('SOURCE_UNAVAILABLE', `${key} has no length`, { reason: 'no_length' });
      const [checksum] = (answer.headers['x-amz-checksum-sha256'] ?? '').split('-');
      return { sizeBytes, ...(checksum && { checksum }) };
    });
  }

  /** Of a small object. */
  async read(key: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      return await this.#requests.text('GET', { key, signal });
    } catch (error) {
      if (isModelError(error, 'SOURCE_UNAVAILABLE') && error.reason === 'not_found') return undefined;
      throw error;
    }
  }

  /** @returns false where it is to be new, and is there already */
  async put(
    key: string,
    body: Uint8Array,
    { isNew = false, signal }: { readonly isNew?: boolean; readonly signal: AbortSignal },
  ): Promise<boolean> {
    try {
      await this.#requests.text('PUT', { key, body, signal, headers: { ...sumHeaders(body), ...(isNew && { 'if-none-match': '*' }) } });
      return true;
    } catch (error) {
      if (isNew && isModelError(error) && [409, 412].includes(Number(error.details.http_status))) return false;
      throw error;
    }
  }

  /** No error where there is none. */
  async remove(key: string, signal: AbortSignal): Promise<void> {
    await this.#requests.text('DELETE', { key, signal });
  }

  async keys(prefix: string, signal: AbortSignal): Promise<string[]> {
    const { bucket } = this.#requests;
    const keys: string[] = [];
    for await (const { path } of listObjects({ bucket, label: `s3://${bucket.name}`, prefix: `${prefix}/` }, signal)) {
      keys.push(`${prefix}/${path}`);
    }
    return keys;
  }
}
