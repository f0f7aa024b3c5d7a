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
  return {
    path,
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(validator !== undefined && { validator }),
    ...(sha256 !== undefined && { sha256 }),
  };
}

/**
 * The checksum of the whole object, or nothing. An object put in parts has one of its parts' checksums, marked by `-N`, by its
 * type, or by nothing but its ETag; no ETag is a digest either: it may be one of parts, of ciphertext, or of nothing.
 */
function wholeSha256(headers: HttpHeaders): Sha256 | undefined {
  const base64 = headers['x-amz-checksum-sha256'] ?? '';
  const isOfParts = headers['x-amz-checksum-type'] === 'COMPOSITE' || /-\d+"$/.test(headers.etag ?? '');
  if (isOfParts || !/^[A-Za-z0-9+/]{43}=$/.test(base64)) return undefined;
  return sha256Of(Buffer.from(base64, 'base64').toString('hex'));
}
