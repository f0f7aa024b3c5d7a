/**
 * A strict reader of HTTP/1.1 response heads: what a plain file server sends for a ranged GET, and nothing else. Whatever
 * is out of the ordinary is an {@link UnusualResponse}: the caller asks again with a full HTTP client. What an answer
 * means is judged elsewhere (backends/http/check-response.ts); here it is only read.
 */
import type { HttpHeaders } from '../backends/http/http-headers.ts';

export const MAX_HEAD_BYTES = 64 * 1024;

/** Not an error of the server: only nothing that the strict reader will read. */
export class UnusualResponse extends Error {
  override readonly name = 'UnusualResponse';
}

export interface RawHead {
  readonly status: number;
  readonly contentLength: number;
  readonly headers: HttpHeaders;
  readonly keepAlive: boolean;
}

const STATUS_LINE = /^HTTP\/1\.1 ([2345]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
const LENGTH = /^\d{1,15}$/;
const SINGLE = new Set(['content-length', 'content-range', 'content-encoding', 'etag', 'last-modified', 'date', 'content-type']);

/** Offset of the body in `bytes`, or -1 while the head is not complete. */
export function headEnd(bytes: Buffer): number {
  const at = bytes.indexOf('\r\n\r\n');
  if (at > MAX_HEAD_BYTES || (at < 0 && bytes.length > MAX_HEAD_BYTES)) throw new UnusualResponse('response head over 64 KiB');
  return at < 0 ? -1 : at + 4;
}

/** @param text the head with its empty last line, as latin1 */
export function parseResponseHead(text: string): RawHead {
  const [statusLine = '', ...lines] = text.replace(/\r\n\r\n$/, '').split('\r\n');
  const status = Number(STATUS_LINE.exec(statusLine)?.[1] ?? 0);
  if (status === 0 || status === 204) throw new UnusualResponse(`status line ${JSON.stringify(statusLine.slice(0, 40))}`);
  const headers = parseHeaders(lines);
  if (headers['transfer-encoding'] !== undefined) throw new UnusualResponse('transfer-encoding');
  const length = headers['content-length'] ?? '';
  if (!LENGTH.test(length)) throw new UnusualResponse('no plain content-length');
  const keepAlive = !/\bclose\b/i.test(headers.connection ?? '');
  return { status, contentLength: Number(length), headers, keepAlive };
}

function parseHeaders(lines: readonly string[]): HttpHeaders {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const matched = HEADER_LINE.exec(line);
    if (matched === null) throw new UnusualResponse('malformed header line');
    const name = (matched[1] ?? '').toLowerCase();
    const before = headers.get(name);
    if (before !== undefined && SINGLE.has(name)) throw new UnusualResponse(`header ${name} twice`);
    const value = (matched[2] ?? '').trimEnd();
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(headers);
}
