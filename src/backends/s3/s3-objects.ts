/** Objects put into a bucket, and taken out of it. What the service says of their bytes is its own sum, not an echo of ours. */
import { hash } from 'node:crypto';
import { isModelError, ModelError } from '../../domain/errors.ts';
import type { Clock, Random } from '../../domain/world.ts';
import { DEFAULT_RETRY_POLICY, retry } from '../../util/retry.ts';
import { parseContentLength } from '../http/content-range.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import type { HttpHeaders } from '../http/http-headers.ts';
import { judgeModelError } from '../layers/with-retry.ts';
import { listObjects } from './list-objects.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { xmlElements, xmlText } from './s3-xml.ts';

export interface StoredObject {
  readonly sizeBytes: number;
  /** Base64 of the sha256 that the service made: of the whole, or of its parts' sums. */
  readonly checksum?: string;
}

export interface UploadedPart {
  readonly etag: string;
  /** Base64. */
  readonly checksum: string;
}

const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

export const sumOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64');

/** The sum of parts' sums, as the service makes it. */
export const sumOfSums = (sums: readonly string[]): string => sumOf(Buffer.concat(sums.map((sum) => Buffer.from(sum, 'base64'))));

export class S3Objects {
  readonly #bucket: S3Bucket;
  readonly #world: { readonly clock: Clock; readonly random: Random };

  constructor(bucket: S3Bucket, world: { readonly clock: Clock; readonly random: Random }) {
    this.#bucket = bucket;
    this.#world = world;
  }

  /** Undefined where there is none. */
  async look(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    return this.#again(signal, async () => {
      const answer = await this.#bucket.head({ key, headers: { 'x-amz-checksum-mode': 'ENABLED' }, signal });
      await answer.release();
      if (answer.status === 404) return undefined;
      // A HEAD says no reason: a GET does.
      if (answer.status !== 200) await (await this.#bucket.change('GET', { key, signal })).release();
      const sizeBytes = parseContentLength(answer.headers['content-length']);
      if (sizeBytes === undefined) throw new ModelError('SOURCE_UNAVAILABLE', `${key} has no length`, { reason: 'no_length' });
      const [checksum] = (answer.headers['x-amz-checksum-sha256'] ?? '').split('-');
      return { sizeBytes, ...(checksum && { checksum }) };
    });
  }

  /** Of a small object. */
  async read(key: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      return await this.#again(signal, async () => textOf(await this.#bucket.change('GET', { key, signal })));
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
      await this.#change('PUT', { key, body, signal, headers: { ...sums(body), ...(isNew && { 'if-none-match': '*' }) } });
      return true;
    } catch (error) {
      if (isNew && isModelError(error) && [409, 412].includes(Number(error.details.http_status))) return false;
      throw error;
    }
  }

  /** No error where there is none. */
  async remove(key: string, signal: AbortSignal): Promise<void> {
    await this.#change('DELETE', { key, signal });
  }

  async keys(prefix: string, signal: AbortSignal): Promise<string[]> {
    const keys: string[] = [];
    for await (const { path } of listObjects({ bucket: this.#bucket, label: `s3://${this.#bucket.name}`, prefix: `${prefix}/` }, signal)) {
      keys.push(`${prefix}/${path}`);
    }
    return keys;
  }

  async beginUpload(key: string, signal: AbortSignal): Promise<string> {
    const xml = await this.#change('POST', { key, query: { uploads: '' }, headers: { 'x-amz-checksum-algorithm': 'SHA256' }, signal });
    const id = xmlText(xml, 'UploadId');
    if (id === undefined) throw new ModelError('SOURCE_UNAVAILABLE', `no upload of ${key} was begun`, { reason: 'upload_refused' });
    return id;
  }

  /** @param part from 1 */
  async putPart(
    key: string,
    { id, part, body }: { readonly id: string; readonly part: number; readonly body: Uint8Array },
    signal: AbortSignal,
  ): Promise<UploadedPart> {
    const query = { partNumber: String(part), uploadId: id };
    const answer = await this.#again(signal, async () => {
      const sent = await this.#bucket.change('PUT', { key, query, body, signal, headers: sums(body) });
      await sent.release();
      return sent;
    });
    return { etag: answer.headers.etag ?? '', checksum: sumOf(body) };
  }

  /** A 200 may still say that it failed. */
  async endUpload(
    key: string,
    { id, parts }: { readonly id: string; readonly parts: readonly UploadedPart[] },
    signal: AbortSignal,
  ): Promise<void> {
    const body = Buffer.from(completion(parts));
    // A sum here would be one of the object.
    const headers = { 'x-amz-content-sha256': hash('sha256', body) };
    const xml = await this.#change('POST', { key, query: { uploadId: id }, body, signal, headers });
    if (!xml.includes('<Error>')) return;
    throw new ModelError('SOURCE_UNAVAILABLE', `the upload of ${key} was not completed: ${xmlText(xml, 'Code') ?? 'no reason is given'}`, {
      reason: 'upload_failed',
    });
  }

  async abortUpload(key: string, id: string, signal: AbortSignal): Promise<void> {
    await this.#change('DELETE', { key, query: { uploadId: id }, signal });
  }

  /** Uploads that nobody has ended, under a prefix: at most a thousand, the rest next time. */
  async openUploads(
    prefix: string,
    signal: AbortSignal,
  ): Promise<{ readonly key: string; readonly id: string; readonly begunMs: number }[]> {
    const xml = await this.#again(signal, async () =>
      textOf(await this.#bucket.change('GET', { key: '', query: { uploads: '', prefix: `${prefix}/` }, signal })),
    );
    return xmlElements(xml, 'Upload').flatMap((upload) => {
      const [key, id] = [xmlText(upload, 'Key'), xmlText(upload, 'UploadId')];
      return key === undefined || id === undefined ? [] : [{ key, id, begunMs: Date.parse(xmlText(upload, 'Initiated') ?? '') }];
    });
  }

  #change(method: 'PUT' | 'POST' | 'DELETE', request: Parameters<S3Bucket['change']>[1]): Promise<string> {
    return this.#again(request.signal, async () => textOf(await this.#bucket.change(method, request)));
  }

  #again<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { clock, random } = this.#world;
    return retry(() => this.#bucket.learning(work), { policy: DEFAULT_RETRY_POLICY, clock, random, signal, judge: judgeModelError });
  }
}

/** The service refuses a body that is not this one, whatever became of it on the way. Of no bytes not every service makes a sum. */
const sums = (body: Uint8Array): HttpHeaders => ({
  'content-type': 'application/octet-stream',
  'x-amz-content-sha256': hash('sha256', body),
  ...(body.length > 0 && { 'x-amz-checksum-sha256': sumOf(body) }),
});

const completion = (parts: readonly UploadedPart[]): string =>
  `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts
    .map(
      ({ etag, checksum }, index) =>
        `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag><ChecksumSHA256>${checksum}</ChecksumSHA256></Part>`,
    )
    .join('')}</CompleteMultipartUpload>`;

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
