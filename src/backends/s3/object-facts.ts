/** What the head of an object proves. Pure. */
import { type Sha256, sha256Of } from '../../domain/digest.ts';
import type { RemoteFile } from '../backend.ts';
import { parseContentLength } from '../http/content-range.ts';
import type { HttpHeaders } from '../http/http-headers.ts';
import { validatorOf } from '../http/validators.ts';

export function objectFacts(path: string, headers: HttpHeaders): RemoteFile {
  const sizeBytes = parseContentLength(headers['content-length']);
  const validator = validatorOf(headers);
  const sha256 = wholeSha256(headers);
  const md5 = sha256 === undefined ? etagMd5(headers) : undefined;
  return {
    path,
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(validator !== undefined && { validator }),
    ...(sha256 !== undefined && { sha256 }),
    ...(md5 !== undefined && { md5 }),
  };
}

/**
 * The checksum of the whole object, or nothing. An object put in parts has one of its parts' checksums, marked by `-N`, by its
 * type, or by nothing but its ETag.
 */
function wholeSha256(headers: HttpHeaders): Sha256 | undefined {
  const base64 = headers['x-amz-checksum-sha256'] ?? '';
  if (isOfParts(headers) || !/^[A-Za-z0-9+/]{43}=$/.test(base64)) return undefined;
  return sha256Of(Buffer.from(base64, 'base64').toString('hex'));
}

/** The ETag where it is the MD5 of the content: of an object put whole, plain or under the service's own key; else it is a token only. */
function etagMd5(headers: HttpHeaders): string | undefined {
  const encryption = headers['x-amz-server-side-encryption'] ?? 'AES256';
  const isOpaque =
    encryption !== 'AES256' ||
    headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined ||
    headers['x-amz-storage-class'] === 'EXPRESS_ONEZONE';
  return isOpaque || isOfParts(headers) ? undefined : /^"([0-9a-f]{32})"$/.exec(headers.etag ?? '')?.[1];
}

const isOfParts = (headers: HttpHeaders): boolean => headers['x-amz-checksum-type'] === 'COMPOSITE' || /-\d+"$/.test(headers.etag ?? '');
