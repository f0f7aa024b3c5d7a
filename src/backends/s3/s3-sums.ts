/** What a service and we call the sum of an object's bytes, and the headers that make it compare them. */
import { hash } from 'node:crypto';
import type { HttpHeaders } from '../http/http-headers.ts';

export const sumOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64');

/** The sum of parts' sums, as the service makes it. */
export const sumOfSums = (sums: readonly string[]): string => sumOf(Buffer.concat(sums.map((sum) => Buffer.from(sum, 'base64'))));

/** The service refuses a body that is not this one, whatever became of it on the way. Of no bytes not every service makes a sum. */
export const sumHeaders = (body: Uint8Array): HttpHeaders => ({
  'content-type': 'application/octet-stream',
  'x-amz-content-sha256': hash('sha256', body),
  ...(body.length > 0 && { 'x-amz-checksum-sha256': sumOf(body) }),
});
