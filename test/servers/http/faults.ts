/** The faults that a FaultServer can be told to show. Sizes are bytes, times milliseconds. */
import { gzipSync } from 'node:zlib';
import { type Content, inverted, literal } from './content.ts';
import { type Fault, type Reply, textReply } from './reply.ts';

/** Several faults on the same answer, applied in order. */
export const allOf =
  (...faults: readonly Fault[]): Fault =>
  (reply, request) => {
    for (const fault of faults) fault(reply, request);
  };

// The connection.

/** A clean FIN after `bytes` bytes of this answer's body, though its length promised more. */
export const cutAt = (bytes: number): Fault => edit({ stopAfter: bytes, ending: 'fin' });
/** A TCP reset after about `bytes` body bytes; 0 resets before any header. */
export const resetAt = (bytes: number): Fault => edit({ stopAfter: bytes, ending: 'reset' });
/** Nothing more after `bytes` body bytes; the connection stays open until the client or the server goes. */
export const stallAt = (bytes: number): Fault => edit({ stopAfter: bytes, ending: 'stall' });
/** The body comes at this rate, in small writes. */
export const throttled = (bytesPerSecond: number): Fault => edit({ bytesPerSecond: () => bytesPerSecond });
export const delayHeaders = (delayMs: number): Fault => edit({ delayMs });
/** The request is read and never answered. */
export const neverAnswer = (): Fault => edit({ delayMs: Number.POSITIVE_INFINITY });
/** Bytes that are not HTTP. */
export const garbage = (raw = 'this is not HTTP\r\n\r\n'): Fault => edit({ raw });
/** An answer with this many bytes of headers. */
export const headerBomb = (bytes: number): Fault =>
  edit({ raw: `HTTP/1.1 200 OK\r\ncontent-length: 0\r\n${`x-bomb: ${'b'.repeat(1000)}\r\n`.repeat(Math.ceil(bytes / 1010))}\r\n` });

// The status.

/** Any status with a short body: `status(503)`, `status(403, { body: 'Request has expired' })`. */
export const status =
  (code: number, options: { readonly headers?: Record<string, string>; readonly body?: string } = {}): Fault =>
  (reply) => {
    const { headers, content, from, to } = textReply(code, options.body ?? `status ${code}\n`, options.headers);
    Object.assign(reply, { status: code, headers, content, from, to });
  };
/** 429; `retryAfter` as the header shall have it: seconds, an HTTP date, or nonsense. */
export const rateLimited = (retryAfter?: string | number): Fault =>
  status(429, { headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) } });
/** A redirect to an absolute or relative URL; give the server's own path for a loop. */
export const redirectTo = (location: string, code: 301 | 302 | 303 | 307 | 308 = 302): Fault =>
  status(code, { headers: { location }, body: '' });

// Range and validators.

/** The whole file with status 200, whatever range was asked for. */
export const ignoreRange = (): Fault => (reply) => {
  if (reply.status !== 206) return;
  const { 'content-range': _, ...headers } = reply.headers;
  const sizeBytes = reply.content.sizeBytes;
  Object.assign(reply, { status: 200, from: 0, to: sizeBytes, headers: { ...headers, 'content-length': String(sizeBytes) } });
};
/** 206 whose Content-Range is `value` as it stands, or none for ''. */
export const contentRange = (value: string): Fault => setHeader('content-range', value);
/** 206 that says, and sends, bytes `shift` further on than asked for. */
export const shiftedRange =
  (shift: number): Fault =>
  (reply) => {
    reply.from += shift;
    reply.to = Math.min(reply.to + shift, reply.content.sizeBytes);
    reply.headers['content-range'] = `bytes ${reply.from}-${reply.to - 1}/${reply.content.sizeBytes}`;
    reply.headers['content-length'] = String(reply.to - reply.from);
  };
/** 206 that gives the whole file another size. */
export const wrongTotal =
  (total: number | '*'): Fault =>
  (reply) => {
    reply.headers['content-range'] = `bytes ${reply.from}-${reply.to - 1}/${total}`;
  };
export const multipart = (): Fault =>
  allOf(setHeader('content-type', 'multipart/byteranges; boundary=cut'), setHeader('content-range', ''));
/** The ETag header as it stands, quotes included: `etag('"new"')`, `etag('W/"weak"')`; '' leaves it out. */
export const etag = (value: string): Fault => setHeader('etag', value);
/** Neither ETag nor Last-Modified. */
export const noValidator = (): Fault => allOf(setHeader('etag', ''), setHeader('last-modified', ''));

// The body.

/** Every byte of [offset, offset + length) of the file inverted. */
export const wrongBytesAt =
  (offset: number, length = 1): Fault =>
  (reply) => {
    reply.content = inverted(reply.content, offset, length);
  };
/** `extra` more bytes than Content-Length promised. */
export const longerBy =
  (extra: number): Fault =>
  (reply) => {
    reply.content = padded(reply.content, extra);
    reply.to += extra;
  };
/** Chunked, and the end of the body comes `missing` bytes early, cleanly. */
export const shorterBy =
  (missing: number): Fault =>
  (reply, request) => {
    chunked()(reply, request);
    reply.to -= missing;
  };
/** Chunked transfer coding, no Content-Length. */
export const chunked = (): Fault => setHeader('content-length', '');
/** Chunked, and it never ends. */
export const endless = (): Fault => allOf(chunked(), longerBy(Number.MAX_SAFE_INTEGER / 2));
/** gzip, although identity was asked for. */
export const gzipped = (): Fault => (reply) => {
  const body = literal(gzipSync(reply.content.read(reply.from, reply.to - reply.from)));
  Object.assign(reply, { content: body, from: 0, to: body.sizeBytes });
  Object.assign(reply.headers, { 'content-encoding': 'gzip', 'content-length': String(body.sizeBytes) });
};
/** Status 200 and a page, as captive portals and proxies do. */
export const html = (page = '<!doctype html><html><body>Please log in</body></html>'): Fault =>
  status(200, { headers: { 'content-type': 'text/html; charset=utf-8' }, body: page });
/** Status 200 and a Git-LFS pointer instead of the file. */
export const lfsPointer = (): Fault => (reply, request) =>
  status(200, { body: `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize ${reply.content.sizeBytes}\n` })(
    reply,
    request,
  );

/** Sets a header, or removes it where the value is ''. */
export const setHeader =
  (name: string, value: string): Fault =>
  (reply) => {
    if (value === '') delete reply.headers[name];
    else reply.headers[name] = value;
  };

const edit =
  (change: Partial<Reply>): Fault =>
  (reply) => {
    Object.assign(reply, change);
  };

const padded = (content: Content, extra: number): Content => ({
  ...content,
  sizeBytes: content.sizeBytes + extra,
  read: (offset, length) => {
    const real = content.read(offset, Math.max(0, Math.min(length, content.sizeBytes - offset)));
    return Buffer.concat([real, Buffer.alloc(length - real.length)]);
  },
});
