/**
 * A real HTTP server on loopback that serves files and misbehaves on request.
 *
 *     const server = await FaultServer.start({ files: { 'a.bin': seeded(10_000_000, 1), 'sub/b.txt': 'hello' } });
 *     server.url                                       // http://127.0.0.1:40123, no trailing slash
 *     server.urlOf('sub/b.txt')                        // encoded
 *     server.fault('a.bin', cutAt(1000), { times: 1 });        // the first request for a.bin only
 *     server.fault('a.bin', status(503), { skip: 1, times: 2 }); // the two after the first
 *     server.fault('*', delayHeaders(20));             // every file, for ever
 *     server.fault('a.bin', allOf(ignoreRange(), cutAt(10)));
 *     server.fault('a.bin', wrongTotal(5), { when: (request) => request.range?.first === 4096 });
 *     server.put('a.bin', seeded(10_000_000, 2));      // other bytes and ETag from now on
 *     server.clearFaults();
 *     server.requests                                  // everything seen: path, headers, range, status, sentBytes, connection
 *     server.sentBytes('a.bin')                        // body bytes handed to sockets
 *     await server.stop();
 *
 * Of the faults given for a path, the oldest one that matches and has uses left shapes the answer; one fault an answer.
 * The faults are in faults.ts, the kinds of content in content.ts. `folder` serves a directory; `bytesPerSecond` and
 * `latencyMs` slow down every answer on every connection; `tls` makes it an https server (see certificate.ts).
 */
import { existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { type Content, literal, onDisk } from './content.ts';
import { type Fault, honestReply, parseRange, type Reply, type SeenRequest } from './reply.ts';
import { sendReply } from './send-reply.ts';

export * from './content.ts';
export * from './faults.ts';
export type { Fault, Reply, SeenRequest } from './reply.ts';

export interface FaultServerOptions {
  readonly files?: Readonly<Record<string, Content | Uint8Array | string>>;
  /** Absolute path of a folder to serve where `files` has nothing. */
  readonly folder?: string;
  /** Cap of each answer's body. */
  readonly bytesPerSecond?: number;
  /** Wait before every answer's headers. */
  readonly latencyMs?: number;
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Default 127.0.0.1. */
  readonly host?: string;
}

export interface FaultRule {
  /** Matching requests that pass unharmed first. Default 0. */
  readonly skip?: number;
  /** Uses. Default: no end. */
  readonly times?: number;
  readonly when?: (request: SeenRequest) => boolean;
}

interface ArmedFault {
  readonly path: string;
  readonly fault: Fault;
  readonly when: (request: SeenRequest) => boolean;
  skip: number;
  times: number;
}

export class FaultServer {
  static async start(options: FaultServerOptions = {}): Promise<FaultServer> {
    const server = new FaultServer(options);
    await server.#listen(options.host ?? '127.0.0.1');
    return server;
  }

  readonly requests: SeenRequest[] = [];
  /** May be changed at any time; answers begun keep theirs. */
  bytesPerSecond: number;
  latencyMs: number;
  readonly #server: Server;
  readonly #options: FaultServerOptions;
  readonly #files = new Map<string, Content>();
  readonly #sockets = new Map<Socket, number>();
  #connectionCount = 0;
  #faults: ArmedFault[] = [];
  #url = '';

  private constructor(options: FaultServerOptions) {
    this.#options = options;
    this.bytesPerSecond = options.bytesPerSecond ?? Number.POSITIVE_INFINITY;
    this.latencyMs = options.latencyMs ?? 0;
    for (const [path, content] of Object.entries(options.files ?? {})) this.put(path, content);
    const answer = (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response);
    this.#server = options.tls === undefined ? createServer(answer) : createTlsServer(options.tls, answer);
    this.#server.keepAliveTimeout = 0;
    this.#server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => this.#track(socket));
  }

  /** Base URL without a trailing slash. */
  get url(): string {
    return this.#url;
  }

  /** Connections open at this moment. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Connections ever made. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  urlOf(path: string): string {
    return `${this.#url}/${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  put(path: string, content: Content | Uint8Array | string): void {
    this.#files.set(path, typeof content === 'string' || content instanceof Uint8Array ? literal(content) : content);
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  /** Arms a fault for a path, or for every path with `*`. Returns this server, for chaining. */
  fault(path: string, fault: Fault, rule: FaultRule = {}): this {
    const { skip = 0, times = Number.POSITIVE_INFINITY, when = () => true } = rule;
    this.#faults.push({ path, fault, when, skip, times });
    return this;
  }

  clearFaults(): void {
    this.#faults = [];
  }

  requestsOf(path: string): SeenRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  /** Body bytes handed to sockets, for one path or for all. */
  sentBytes(path?: string): number {
    return this.requests.reduce((sum, request) => sum + (path === undefined || request.path === path ? request.sentBytes : 0), 0);
  }

  /** Ends every connection at once, and stops listening. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  /** Resets all connections; the server goes on listening. */
  dropConnections(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  async #listen(host: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, host, resolve);
    });
    const { port } = this.#server.address() as AddressInfo;
    this.#url = `${this.#options.tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  #track(socket: Socket): void {
    this.#sockets.set(socket, ++this.#connectionCount);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #answer(message: IncomingMessage, response: ServerResponse): void {
    const request = this.#see(message);
    const gone = new AbortController();
    response.once('close', () => {
      request.done = true;
      gone.abort();
    });
    const reply = this.#replyTo(request);
    void sendReply({ response, socket: message.socket, reply, request, gone: gone.signal });
  }

  #see(message: IncomingMessage): SeenRequest {
    const [path = '', query] = (message.url ?? '').split(/\?(.*)/s);
    const range = parseRange(message.headers.range);
    const request: SeenRequest = {
      method: message.method ?? '',
      path: decodeURIComponent(path.slice(1)),
      query: query === undefined ? '' : `?${query}`,
      headers: message.headers,
      ...(range !== undefined && { range }),
      connection: this.#sockets.get(message.socket) ?? 0,
      status: 0,
      sentBytes: 0,
      done: false,
    };
    this.requests.push(request);
    return request;
  }

  #replyTo(request: SeenRequest): Reply {
    const reply = honestReply(this.#contentOf(request.path), request);
    Object.assign(reply, { delayMs: this.latencyMs, bytesPerSecond: () => this.bytesPerSecond });
    this.#nextFault(request)?.(reply, request);
    return reply;
  }

  #contentOf(path: string): Content | undefined {
    const known = this.#files.get(path);
    if (known !== undefined || this.#options.folder === undefined) return known;
    const file = join(this.#options.folder, path);
    return existsSync(file) && statSync(file).isFile() ? onDisk(file) : undefined;
  }

  #nextFault(request: SeenRequest): Fault | undefined {
    for (const armed of this.#faults) {
      if ((armed.path !== '*' && armed.path !== request.path) || armed.times <= 0 || !armed.when(request)) continue;
      if (armed.skip-- > 0) continue;
      armed.times--;
      return armed.fault;
    }
    return undefined;
  }
}
