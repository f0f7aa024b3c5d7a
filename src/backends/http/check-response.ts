/** Whether an answer is what was asked for. Pure, so that every reader of HTTP answers can share it. */
import { ModelError, type ModelErrorOptions } from '../../domain/errors.ts';
import type { ByteRange } from '../backend.ts';
import { beyondEnd, validatorChanged, wrongSize } from '../file-faults.ts';
import { parseContentLength, parseContentRange, parseUnsatisfiedRange } from './content-range.ts';
import type { HttpHeaders } from './http-headers.ts';
import { contradicts, validatorOf } from './validators.ts';

export interface AskedFor {
  /** Redacted URL of the file. */
  readonly label: string;
  readonly range?: ByteRange | undefined;
  /** Of the bytes already held. */
  readonly validator?: string | undefined;
  /** Size of the whole file, where it is known beforehand. */
  readonly expectedBytes?: number | undefined;
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: HttpHeaders;
}

export interface AcceptedResponse {
  /** File offset of the body's first byte. */
  readonly offset: number;
  /** Bytes that the body must have; absent where nobody knows. */
  readonly lengthBytes?: number;
  readonly totalBytes?: number;
  readonly validator?: string;
}

/**
 * Takes answers of status 200, 206, 412 and 416; for every other status see status-error.ts.
 * @throws ModelError DRIFT (validator_changed), SIZE_MISMATCH, SOURCE_UNAVAILABLE (range_wrong, multipart, encoding_unexpected, length_wrong).
 */
export function checkResponse(head: ResponseHead, asked: AskedFor): AcceptedResponse {
  const { status, headers } = head;
  if (status === 412 || (asked.validator !== undefined && contradicts(headers, asked.validator))) throw changed(asked, headers);
  if (status === 416) return checkUnsatisfied(headers, asked);
  checkEncoding(headers, asked);
  const accepted = status === 206 ? checkPartial(headers, asked) : checkWhole(headers, asked);
  const validator = validatorOf(headers);
  return { ...accepted, ...(validator !== undefined && { validator }) };
}

function checkWhole(headers: HttpHeaders, asked: AskedFor): AcceptedResponse {
  const totalBytes = headers['transfer-encoding'] === undefined ? parseContentLength(headers['content-length']) : undefined;
  checkTotal(totalBytes, asked);
  const lengthBytes = totalBytes ?? asked.expectedBytes;
  return { offset: 0, ...(lengthBytes !== undefined && { lengthBytes }), ...(totalBytes !== undefined && { totalBytes }) };
}

function checkPartial(headers: HttpHeaders, asked: AskedFor): AcceptedResponse {
  if (/^multipart\//i.test(headers['content-type'] ?? '')) throw refuse(asked, 'multipart', 'answered one range with a multipart body');
  const said = parseContentRange(headers['content-range']);
  const range = asked.range ?? { offset: 0 };
  if (said === undefined || said.first !== range.offset) throw wrongRange(headers, asked);
  checkTotal(said.totalBytes, asked);
  if (said.last !== lastAskedFor(range, said.totalBytes ?? asked.expectedBytes, said.last)) throw wrongRange(headers, asked);
  const lengthBytes = said.last - said.first + 1;
  const contentLength = parseContentLength(headers['content-length']);
  if (contentLength !== undefined && contentLength !== lengthBytes)
    throw refuse(asked, 'length_wrong', `promised ${contentLength} bytes for a range of ${lengthBytes}`);
  return { offset: said.first, lengthBytes, ...(said.totalBytes !== undefined && { totalBytes: said.totalBytes }) };
}

/** Inclusive offset of the last byte due; `said` where neither a length nor the total sets it. */
function lastAskedFor(range: ByteRange, totalBytes: number | undefined, said: number): number {
  const byLength = range.length === undefined ? Number.POSITIVE_INFINITY : range.offset + range.length - 1;
  const last = Math.min(byLength, totalBytes === undefined ? Number.POSITIVE_INFINITY : totalBytes - 1);
  // Without a total, a file may end before the length asked for.
  return totalBytes === undefined ? Math.min(last, said) : last;
}

/** 416 is right for a range that starts at the file's end: there is nothing more to read. */
function checkUnsatisfied(headers: HttpHeaders, asked: AskedFor): AcceptedResponse {
  const totalBytes = parseUnsatisfiedRange(headers['content-range']);
  const offset = asked.range?.offset ?? 0;
  if (totalBytes === undefined || offset < totalBytes)
    throw refuse(asked, 'range_wrong', `refused the range from byte ${offset}`, { details: { http_status: 416 } });
  checkTotal(totalBytes, asked);
  if (offset > totalBytes) throw beyondEnd(asked.label, offset, totalBytes);
  return { offset, lengthBytes: 0, totalBytes };
}

function checkTotal(totalBytes: number | undefined, { expectedBytes, label }: AskedFor): void {
  if (totalBytes !== undefined && expectedBytes !== undefined && totalBytes !== expectedBytes)
    throw wrongSize(label, expectedBytes, totalBytes);
}

function checkEncoding(headers: HttpHeaders, asked: AskedFor): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return;
  throw refuse(asked, 'encoding_unexpected', `sent its bytes encoded as ${encoding.slice(0, 40)} although none was asked for`);
}

function changed(asked: AskedFor, headers: HttpHeaders): ModelError {
  return validatorChanged(asked.label, asked.validator ?? '', headers.etag ?? headers['last-modified']);
}

function wrongRange(headers: HttpHeaders, asked: AskedFor): ModelError {
  const { offset, length } = asked.range ?? { offset: 0 };
  const found = headers['content-range']?.slice(0, 80) ?? 'none';
  return refuse(asked, 'range_wrong', `answered another range than the one asked for (Content-Range: ${found})`, {
    details: { offset, ...(length !== undefined && { length }), content_range: found },
  });
}

function refuse({ label }: AskedFor, reason: string, why: string, options: ModelErrorOptions = {}): ModelError {
  return new ModelError('SOURCE_UNAVAILABLE', `${label} ${why}`, { reason, retryable: false, ...options });
}
