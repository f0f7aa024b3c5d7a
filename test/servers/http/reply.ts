/** The answer that a FaultServer is about to give; faults are functions that edit it before it is sent. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Content, literal } from './content.ts';

/** One request as it was seen, kept for the test to look at. */
export interface SeenRequest {
  readonly method: string;
  /** Decoded, without the leading slash and the query. */
  readonly path: string;
  /** Query string with its `?`, or ''. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the Range header, where there was a readable one. `last` is inclusive. */
  readonly range?: { readonly first: number; readonly last?: number };
  /** Number of the TCP connection, from 1: equal numbers mean that it was reused. */
  readonly connection: number;
  /** Status sent; 0 while none was. */
  status: number;
  /** Body bytes handed to the socket so far. */
  sentBytes: number;
  /** True once the answer was sent whole or the connection is gone. */
  done: boolean;
}

export interface Reply {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  content: Content;
  /** The body is [from, to) of the content. */
  from: number;
  to: number;
  /** Wait before the headers go out. */
  delayMs: number;
  /** Asked again for each part of the body. */
  bytesPerSecond: () => number;
  /** Body bytes after which `ending` happens. */
  stopAfter: number;
  ending: 'finish' | 'fin' | 'reset' | 'stall';
  /** Written to the socket instead of all this, and the connection closed. */
  raw?: string;
}

/** Edits the answer in place. */
export type Fault = (reply: Reply, request: SeenRequest) => void;

const LAST_MODIFIED = 'Mon, 01 Jun 2026 00:00:00 GMT';

/** The honest answer: ranges, If-Range, If-Match, 404 and 416 as RFC 9110 has them. */
export function honestReply(content: Content | undefined, request: SeenRequest): Reply {
  if (content === undefined) return textReply(404, 'not found\n');
  const etag = `"${content.tag}"`;
  const { headers, range } = request;
  if (headers['if-match'] !== undefined && headers['if-match'] !== etag && headers['if-match'] !== '*') return textReply(412, 'changed\n');
  const ifRange = headers['if-range'];
  const reply = wholeReply(content, etag);
  if (range === undefined || (ifRange !== undefined && ifRange !== etag && ifRange !== LAST_MODIFIED)) return reply;
  return rangeReply(reply, range);
}

/** Replaces the whole answer with a short text. */
export function textReply(status: number, text: string, headers: Record<string, string> = {}): Reply {
  const content = literal(text);
  return {
    status,
    headers: { 'content-type': 'text/plain', 'content-length': String(content.sizeBytes), ...headers },
    content,
    from: 0,
    to: content.sizeBytes,
    delayMs: 0,
    bytesPerSecond: () => Number.POSITIVE_INFINITY,
    stopAfter: Number.POSITIVE_INFINITY,
    ending: 'finish',
  };
}

export function parseRange(header: string | undefined): SeenRequest['range'] {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (match === null) return undefined;
  return { first: Number(match[1]), ...(match[2] !== '' && { last: Number(match[2]) }) };
}

function wholeReply(content: Content, etag: string): Reply {
  const reply = textReply(200, '', {
    'content-type': 'application/octet-stream',
    'content-length': String(content.sizeBytes),
    'accept-ranges': 'bytes',
    'last-modified': LAST_MODIFIED,
    etag,
  });
  return { ...reply, content, to: content.sizeBytes };
}

function rangeReply(reply: Reply, range: NonNullable<SeenRequest['range']>): Reply {
  const total = reply.content.sizeBytes;
  if (range.first >= total) return textReply(416, '', { 'content-range': `bytes */${total}` });
  const to = Math.min(total, (range.last ?? total) + 1);
  const headers = {
    ...reply.headers,
    'content-length': String(to - range.first),
    'content-range': `bytes ${range.first}-${to - 1}/${total}`,
  };
  return { ...reply, status: 206, headers, from: range.first, to };
}
