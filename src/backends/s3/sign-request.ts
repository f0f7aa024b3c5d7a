/** Signature version 4 in headers, made by the AWS SDK's own signer. Range and conditions stay unsigned: one signature fits all ranges. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { HttpMethod } from '../http/http-client.ts';
import type { HttpHeaders } from '../http/http-headers.ts';
import type { S3Keys } from './key-source.ts';

export interface SignedRequest {
  readonly method: HttpMethod;
  readonly url: URL;
  /** Sent, and under the signature; of a body `x-amz-content-sha256` says what it is. */
  readonly headers: HttpHeaders;
}

export interface SigningFacts {
  readonly keys: Omit<S3Keys, 'from'>;
  readonly region: string;
  /** By the service's clock. */
  readonly date: Date;
}

/** @returns all headers to send, but for `host`, which every HTTP client writes itself */
export async function signRequest({ method, url, headers }: SignedRequest, { keys, region, date }: SigningFacts): Promise<HttpHeaders> {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  const signer = new SignatureV4({
    service: 's3',
    region,
    sha256: NodeSha256,
    uriEscapePath: false,
    credentials: {
      accessKeyId,
      secretAccessKey: secretAccessKey.reveal(),
      ...(sessionToken !== undefined && { sessionToken: sessionToken.reveal() }),
    },
  });
  const signed = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
    },
    { signingDate: date },
  );
  const { host: _, ...sent } = signed.headers;
  return sent;
}

/** The SDK signs in browsers too, and wants to be told of a hash. */
export class NodeSha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  /** Asked for by the type; no hash is used twice. */
  reset(): never {
    throw new Error('this hash is used once');
  }
}

function bytesOf(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === 'string') return secret;
  return ArrayBuffer.isView(secret) ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength) : new Uint8Array(secret);
}
