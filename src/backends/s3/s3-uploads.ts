/** Objects that go into a bucket in parts: what was put stays there, seen by nobody, until the upload is completed or aborted. */
import { hash } from 'node:crypto';
import { ModelError } from '../../domain/errors.ts';
import type { S3Requests } from './s3-requests.ts';
import { sumHeaders, sumOf } from './s3-sums.ts';
import { xmlElements, xmlText } from './s3-xml.ts';

export interface OpenUpload {
  readonly key: string;
  readonly id: string;
  readonly begunMs: number;
}

export interface UploadedPart {
  readonly etag: string;
  /** Base64. */
  readonly checksum: string;
}

export interface KeptPart extends UploadedPart {
  readonly sizeBytes: number;
}

/** A page has a thousand parts, and an object ten thousand. */
const MAX_PAGES = 20;

export class S3Uploads {
  readonly #requests: S3Requests;

  constructor(requests: S3Requests) {
    this.#requests = requests;
  }

  async begin(key: string, signal: AbortSignal): Promise<string> {
    const headers = { 'x-amz-checksum-algorithm': 'SHA256' };
    const xml = await this.#requests.text('POST', { key, query: { uploads: '' }, headers, signal });
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
    const answer = await this.#requests.again(signal, async () => {
      const sent = await this.#requests.bucket.change('PUT', { key, query, body, signal, headers: sumHeaders(body) });
      await sent.release();
      return sent;
    });
    return { etag: answer.headers.etag ?? '', checksum: sumOf(body) };
  }

  /** By number: those of which the service has a sum of its own. @throws ModelError upload_gone */
  async parts(key: string, id: string, signal: AbortSignal): Promise<ReadonlyMap<number, KeptPart>> {
    const kept = new Map<number, KeptPart>();
    let marker: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = { uploadId: id, ...(marker !== undefined && { 'part-number-marker': marker }) };
      const xml = await this.#requests.text('GET', { key, query, signal });
      for (const part of xmlElements(xml, 'Part')) {
        const [number, etag, checksum, size] = ['PartNumber', 'ETag', 'ChecksumSHA256', 'Size'].map((name) => xmlText(part, name));
        if (etag !== undefined && checksum) kept.set(Number(number), { etag, checksum, sizeBytes: Number(size) });
      }
      marker = xmlText(xml, 'NextPartNumberMarker');
      if (xmlText(xml, 'IsTruncated') !== 'true' || marker === undefined) break;
    }
    return kept;
  }

  /** A 200 may still say that it failed. */
  async end(
    key: string,
    { id, parts }: { readonly id: string; readonly parts: readonly UploadedPart[] },
    signal: AbortSignal,
  ): Promise<void> {
    const body = Buffer.from(completion(parts));
    // A sum here would be one of the object.
    const headers = { 'x-amz-content-sha256': hash('sha256', body) };
    const xml = await this.#requests.text('POST', { key, query: { uploadId: id }, body, signal, headers });
    if (!xml.includes('<Error>')) return;
    throw new ModelError('SOURCE_UNAVAILABLE', `the upload of ${key} was not completed: ${xmlText(xml, 'Code') ?? 'no reason is given'}`, {
      reason: 'upload_failed',
    });
  }

  async abort(key: string, id: string, signal: AbortSignal): Promise<void> {
    await this.#requests.text('DELETE', { key, query: { uploadId: id }, signal });
  }

  /** Those that nobody has ended, of keys that begin like this: at most a thousand, the rest next time. Some services know whole keys only. */
  async open(prefix: string, signal: AbortSignal): Promise<OpenUpload[]> {
    const xml = await this.#requests.text('GET', { key: '', query: { uploads: '', prefix }, signal });
    return xmlElements(xml, 'Upload').flatMap((upload) => {
      const [key, id] = [xmlText(upload, 'Key'), xmlText(upload, 'UploadId')];
      return key === undefined || id === undefined ? [] : [{ key, id, begunMs: Date.parse(xmlText(upload, 'Initiated') ?? '') }];
    });
  }
}

const completion = (parts: readonly UploadedPart[]): string =>
  `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts
    .map(
      ({ etag, checksum }, index) =>
        `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag><ChecksumSHA256>${checksum}</ChecksumSHA256></Part>`,
    )
    .join('')}</CompleteMultipartUpload>`;
