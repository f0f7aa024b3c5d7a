/**
 * One keep-alive connection for plain ranged GETs: bytes arrive in one preallocated buffer and are handed on without a
 * stream between. Strict, see response-head.ts.
 */
import { connect, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type ConnectionOptions as TlsOptions,
} from 'node:tls';
import { headEnd, parseResponseHead, type RawHead, UnusualResponse } from './response-head.ts';

export interface RawEvents {
  /** Nothing more comes until `resume`. `sample`: the first bytes of the body, valid during the call. */
  onHead(head: RawHead, sample: Uint8Array): void;
  /** Valid during the call. @returns false to pause until `resume` */
  onData(bytes: Uint8Array): boolean;
  onEnd(): void;
  onError(error: Error): void;
}

export interface RawRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
  /** So many body bytes are waited for before the head is shown. */
  readonly sampleBytes: number;
}

export interface RawServer {
  readonly url: URL;
  /** PEM certificates of authorities to trust there besides the default ones. */
  readonly authorities?: string | undefined;
}

export interface ReadSpace {
  /** Bytes are valid only while they are handed on. */
  readonly buffer: Buffer;
  /** How much of it may be used now: less under a bandwidth limit. */
  readonly usableBytes: () => number;
}

type State = 'idle' | 'head' | 'sample' | 'held' | 'body' | 'closed';

const EMPTY = Buffer.alloc(0);
/** As the HTTP client has it: Node's 250 ms gives up on far hosts. */
const ADDRESS_ATTEMPT_MS = 1000;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const OWN_HEADERS = new Set(['host', 'range', 'accept-encoding', 'connection', 'content-length', 'transfer-encoding', 'expect', 'upgrade']);

export class RawConnection {
  readonly #server: RawServer;
  readonly #socket: Socket;
  readonly #onClosed: (connection: RawConnection) => void;
  #state: State = 'idle';
  #events: RawEvents | undefined;
  /** Bytes that came before they could be handed on. */
  #kept: Buffer = EMPTY;
  #head: RawHead | undefined;
  #sampleBytes = 0;
  #bodyLeft = 0;
  #keepAlive = true;
  #answered = false;
  #insideRead = false;
  #paused = false;

  constructor(server: RawServer, space: ReadSpace, onClosed: (connection: RawConnection) => void) {
    this.#server = server;
    this.#onClosed = onClosed;
    this.#socket = openSocket(server, { ...space, onRead: (bytes) => this.#read(bytes) });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new ConnectionLost('connection closed')));
    this.#socket.on('end', () => this.#fail(new ConnectionLost('connection closed by the server')));
    this.#socket.setNoDelay(true);
  }

  /** Whether it leads to this server, and was opened with no other trust. */
  leadsTo({ url, authorities }: RawServer): boolean {
    return this.#server.url.origin === url.origin && this.#server.authorities === authorities;
  }

  /** Whether any answer has come over it: an error before that on a reused connection is worth a new one. */
  get answered(): boolean {
    return this.#answered;
  }

  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  request(request: RawRequest, events: RawEvents): void {
    this.#state = 'head';
    this.#answered = false;
    this.#kept = EMPTY;
    this.#sampleBytes = request.sampleBytes;
    this.#events = events;
    this.#socket.ref();
    this.#socket.write(requestHead(request), 'latin1');
  }

  /** After a head, or after `onData` said false. */
  resume(): void {
    if (this.#state === 'held') this.#state = 'body';
    // Never inside the read callback: a resume there, followed by its `return false`, would stop the socket for ever.
    if (this.#insideRead) return void setImmediate(() => this.resume());
    this.#paused = false;
    if (this.#state !== 'body') return;
    const kept = this.#kept;
    this.#kept = EMPTY;
    this.#insideRead = true;
    this.#paused = !this.#body(kept);
    this.#insideRead = false;
    if (!this.#paused && this.#isOpen()) this.#socket.resume();
  }

  destroy(): void {
    this.#events = undefined;
    this.#state = 'closed';
    this.#socket.destroy();
    this.#onClosed(this);
  }

  /** @returns whether the socket is to go on reading */
  #read(bytes: Buffer): boolean {
    this.#insideRead = true;
    try {
      return this.#taken(bytes) && !this.#paused;
    } finally {
      this.#insideRead = false;
    }
  }

  #taken(bytes: Buffer): boolean {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes);
      case 'sample':
        this.#kept = Buffer.concat([this.#kept, bytes]);
        return this.#showHead();
      case 'body':
        if (this.#paused) {
          this.#kept = Buffer.concat([this.#kept, bytes]);
          return false;
        }
        if (!this.#body(bytes)) this.#paused = true;
        return !this.#paused;
      case 'held':
        this.#kept = Buffer.concat([this.#kept, bytes]);
        return false;
      case 'idle':
        this.#fail(new UnusualResponse('bytes that nobody asked for'));
        return false;
      case 'closed':
        return false;
    }
  }

  #readHead(bytes: Buffer): boolean {
    this.#answered = true;
    this.#kept = Buffer.concat([this.#kept, bytes]);
    try {
      const bodyAt = headEnd(this.#kept);
      if (bodyAt < 0) return true;
      this.#head = parseResponseHead(this.#kept.toString('latin1', 0, bodyAt));
      this.#kept = this.#kept.subarray(bodyAt);
      this.#state = 'sample';
      return this.#showHead();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  #showHead(): boolean {
    const head = this.#head;
    if (head === undefined || this.#kept.length < Math.min(this.#sampleBytes, head.contentLength)) return true;
    this.#bodyLeft = head.contentLength;
    this.#keepAlive = head.keepAlive;
    this.#state = 'held';
    this.#paused = true;
    this.#events?.onHead(head, this.#kept.subarray(0, head.contentLength));
    return false;
  }

  /** @returns false where the receiver wants a pause */
  #body(bytes: Buffer): boolean {
    const mine = bytes.length > this.#bodyLeft ? bytes.subarray(0, this.#bodyLeft) : bytes;
    this.#bodyLeft -= mine.length;
    if (mine.length < bytes.length) this.#keepAlive = false;
    const more = mine.length === 0 || (this.#events?.onData(mine) ?? false);
    if (this.#bodyLeft > 0 || this.#state !== 'body') return more;
    this.#finish();
    return true;
  }

  #finish(): void {
    const events = this.#events;
    this.#events = undefined;
    this.#state = 'idle';
    if (this.#keepAlive) this.#socket.unref();
    else this.destroy();
    events?.onEnd();
  }

  #fail(error: Error): void {
    if (this.#state === 'closed') return;
    const events = this.#events;
    this.destroy();
    events?.onError(error);
  }

  #isOpen(): boolean {
    return this.#state !== 'closed';
  }
}

/** The other side closed without an error. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

interface SocketOptions extends ReadSpace {
  readonly onRead: (bytes: Buffer) => boolean;
}

function openSocket({ url, authorities }: RawServer, options: SocketOptions): Socket {
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port) || (secure ? 443 : 80);
  const onread = readInto(options);
  if (!secure) return connect({ host, port, onread, autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS });
  const tlsOptions: TlsOptions & Pick<TcpNetConnectOpts, 'onread' | 'autoSelectFamilyAttemptTimeout'> = {
    host,
    port,
    // A name, or nothing: RFC 6066 has no addresses there.
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    onread,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
    ...(authorities !== undefined && { secureContext: contextTrusting(authorities) }),
  };
  return connectTls(tlsOptions);
}

/** Making one costs milliseconds; there are as many as there are origins with authorities of their own. */
const contexts = new Map<string, SecureContext>();

function contextTrusting(authorities: string): SecureContext {
  const context = contexts.get(authorities) ?? createSecureContext({ ca: [...getCACertificates('default'), authorities] });
  contexts.set(authorities, context);
  return context;
}

function readInto({ buffer, usableBytes, onRead }: SocketOptions) {
  return {
    buffer: () => buffer.subarray(0, Math.min(buffer.length, usableBytes())),
    callback: (length: number, bytes: Uint8Array) => onRead(Buffer.from(bytes.buffer, bytes.byteOffset, length)),
  };
}

function requestHead(request: RawRequest): string {
  const lines = [
    `GET ${request.url.pathname}${request.url.search} HTTP/1.1`,
    `Host: ${request.url.host}`,
    `Range: bytes=${request.first}-${request.last}`,
    'Accept-Encoding: identity',
    'Connection: keep-alive',
  ];
  for (const [name, value] of Object.entries(request.headers)) {
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) throw new UnusualResponse('a header that cannot be sent as it is');
    if (!OWN_HEADERS.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
