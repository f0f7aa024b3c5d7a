/** A client that uploads as clients do: it asks where a file stands, and goes on from there. */
import { createHash } from 'node:crypto';

export interface UploadedPart {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** What is said of it; null: nothing. Default: the truth. */
  readonly sha256?: string | null;
}

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

const UPLOAD_TYPE = 'application/offset+octet-stream';

export interface UploadAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Readonly<Record<string, unknown>>;
}

/** @param url of the service */
export class Uploader {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  begin(
    model: string,
    files: readonly UploadedPart[],
    more: object = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<UploadAnswer> {
    const listed = files.map(({ path, bytes, sha256: said = sha256(bytes) }) => ({
      path,
      size: bytes.length,
      ...(said !== null && { sha256: said }),
    }));
    return this.send('POST', '/v1/uploads', { id: model, files: listed, ...more }, headers);
  }

  async offset(id: string, file: number): Promise<number> {
    const answer = await fetch(`${this.#url}/v1/uploads/${id}/files/${file}`, { method: 'HEAD', headers: this.#headers });
    return Number(answer.headers.get('upload-offset') ?? Number.NaN);
  }

  patch(id: string, file: number, offset: number, body: Uint8Array | ReadableStream): Promise<UploadAnswer> {
    const headers = { ...this.#headers, 'content-type': UPLOAD_TYPE, 'upload-offset': String(offset) };
    return answerOf(`${this.#url}/v1/uploads/${id}/files/${file}`, {
      ...{ method: 'PATCH', headers, body: body as NonNullable<RequestInit['body']> },
      ...(body instanceof ReadableStream && ({ duplex: 'half' } as object)),
    });
  }

  /** From where it stands to its end, so many bytes a request. @returns the last answer, of one that went wrong that one */
  async sendFile(id: string, file: number, bytes: Uint8Array, chunkBytes = bytes.length): Promise<UploadAnswer | undefined> {
    let last: UploadAnswer | undefined;
    for (let offset = await this.offset(id, file); offset < bytes.length; ) {
      last = await this.patch(id, file, offset, bytes.subarray(offset, offset + chunkBytes));
      if (last.status !== 204) return last;
      offset = Number(last.headers.get('upload-offset'));
    }
    return last;
  }

  complete(id: string): Promise<UploadAnswer> {
    return this.send('POST', `/v1/uploads/${id}/complete`);
  }

  send(method: string, path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<UploadAnswer> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return answerOf(`${this.#url}${path}`, {
      ...{ method, headers: { ...this.#headers, ...type, ...headers } },
      ...(body && { body: JSON.stringify(body) }),
    });
  }
}

async function answerOf(url: string, init: RequestInit): Promise<UploadAnswer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === '' ? {} : JSON.parse(text) };
}
