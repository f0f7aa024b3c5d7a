/**
 * What no S3 server does on request: a proxy before a real one that passes everything on as it is, signatures included, and
 * misbehaves where it is told to.
 *
 *     const proxy = await FaultProxy.start(server.endpoint);
 *     proxy.fault(s3ErrorAnswer(503, 'SlowDown'), { times: 2 });
 *     proxy.fault(cutAt(100_000), { when: ({ range }) => range !== undefined, times: 1 });
 *     proxy.fault(run(() => server.put(bucket, key, 'other bytes')), { times: 1 });   // before the request goes on
 */
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface SeenS3Request {
  readonly method: string;
  /** Path and query, as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly range: string | undefined;
  status: number;
  sentBytes: number;
  done: boolean;
}

export interface Exchange {
  readonly request: SeenS3Request;
  readonly response: ServerResponse;
  /** Sends the real answer, up to so many bytes of its body; the connection is cut there. */
  pass(options?: { readonly cutAt?: number }): void;
}

export type S3Fault = (exchange: Exchange) => void;

export interface S3FaultRule {
  /** Default: no end. */
  readonly times?: number;
  readonly when?: (request: SeenS3Request) => boolean;
}

/** An answer of our own. */
export const answer =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): S3Fault =>
  ({ request, response }) => {
    request.status = status;
    response.writeHead(status, { 'content-type': 'application/xml', 'content-length': String(Buffer.byteLength(body)), ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  };

/** An error as S3 words it. */
export const s3ErrorAnswer = (status: number, code: string, more = '', headers: Readonly<Record<string, string>> = {}): S3Fault =>
  answer(
    status,
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>a message of ${code}</Message>${more}</Error>`,
    headers,
  );

/** The connection ends after so many bytes of the body. */
export const cutAt =
  (bytes: number): S3Fault =>
  ({ pass }) =>
    pass({ cutAt: bytes });

/** Something happens before the request goes on. */
export const run =
  (happen: () => Promise<unknown>): S3Fault =>
  ({ pass }) =>
    void happen().then(() => pass());

interface Armed {
  readonly fault: S3Fault;
  readonly when: (request: SeenS3Request) => boolean;
  times: number;
}

export class FaultProxy {
  readonly requests: SeenS3Request[] = [];
  readonly #upstream: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #forgotten = new Set<string>();
  #faults: Armed[] = [];

  private constructor(upstream: string) {
    this.#upstream = new URL(upstream);
    this.#server = createServer((message, response) => this.#serve(message, response));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy()).once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(upstream: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers not yet read to their end. */
  get openCount(): number {
    return this.requests.filter(({ done }) => !done).length;
  }

  fault(fault: S3Fault, { times = Number.POSITIVE_INFINITY, when = () => true }: S3FaultRule = {}): this {
    this.#faults.push({ fault, when, times });
    return this;
  }

  /** The service never gets to see this header: it may not be under the signature. */
  forget(header: string): void {
    this.#forgotten.add(header);
  }

  clearFaults(): void {
    this.#faults = [];
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(message: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '', headers } = message;
    const request: SeenS3Request = { method, url, headers, range: headers.range, status: 0, sentBytes: 0, done: false };
    this.requests.push(request);
    response.once('close', () => {
      request.done = true;
    });
    const exchange: Exchange = { request, response, pass: (options = {}) => this.#pass(message, response, { ...options, request }) };
    const armed = this.#faults.find(({ times, when }) => times > 0 && when(request));
    if (armed !== undefined) armed.times--;
    const serve = armed?.fault ?? (({ pass }) => pass());
    serve(exchange);
  }

  /** The host name stays as the client wrote it: it is under the signature. */
  #pass(message: IncomingMessage, response: ServerResponse, options: Passed): void {
    const { method, url, headers } = message;
    const { hostname, port } = this.#upstream;
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !this.#forgotten.has(name)));
    const onward = httpRequest({ hostname, port, method, path: url, headers: kept, agent: false }, (reply) =>
      this.#relay(reply, response, options),
    );
    onward.on('error', () => response.destroy());
    response.once('close', () => onward.destroy());
    message.pipe(onward);
  }

  #relay(reply: IncomingMessage, response: ServerResponse, { request, cutAt: limit = Number.POSITIVE_INFINITY }: Passed): void {
    request.status = reply.statusCode ?? 0;
    response.writeHead(request.status, reply.headers);
    reply.on('error', () => response.destroy());
    reply.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, Math.max(0, limit - request.sentBytes));
      request.sentBytes += part.length;
      const isCut = request.sentBytes >= limit;
      if (!response.write(part, () => isCut && response.destroy())) reply.pause();
    });
    response.on('drain', () => reply.resume());
    reply.on('end', () => response.end());
  }
}

interface Passed {
  readonly request: SeenS3Request;
  readonly cutAt?: number;
}
