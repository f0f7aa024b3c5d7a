/** A real forward proxy on loopback: CONNECT tunnels and absolute-form requests, with or without credentials. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ProxyServerOptions {
  /** `user:password` that must come with every request; without it 407. */
  readonly credentials?: string;
  /** Answer to every CONNECT instead of a tunnel. */
  readonly refuseWith?: number;
}

export class ProxyServer {
  static async start(options: ProxyServerOptions = {}): Promise<ProxyServer> {
    const proxy = new ProxyServer(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** "CONNECT host:port" and "GET http://host/path", in order. */
  readonly requests: string[] = [];
  readonly #options: ProxyServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: ProxyServerOptions) {
    this.#options = options;
    this.#server = createServer((message, response) => this.#forward(message, response));
    this.#server.on('connect', (message: IncomingMessage, socket: Socket) => this.#tunnel(message, socket));
    this.#server.on('connection', (socket: Socket) => this.#keep(socket));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #forward(message: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${message.method} ${message.url}`);
    if (!this.#isAllowed(message)) return void response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end('who are you?');
    const { 'proxy-authorization': _, ...headers } = message.headers;
    const onward = request(message.url ?? '', { method: message.method ?? 'GET', headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    response.on('close', () => onward.destroy());
    onward.end();
  }

  #tunnel(message: IncomingMessage, socket: Socket): void {
    this.requests.push(`CONNECT ${message.url}`);
    const status = this.#isAllowed(message) ? this.#options.refuseWith : 407;
    if (status !== undefined) return void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const { hostname, port } = new URL(`http://${message.url}`);
    const onward = this.#keep(connect(Number(port), hostname));
    onward.once('connect', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.once('close', () => socket.destroy());
  }

  #isAllowed(message: IncomingMessage): boolean {
    const { credentials } = this.#options;
    return credentials === undefined || message.headers['proxy-authorization'] === `Basic ${Buffer.from(credentials).toString('base64')}`;
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
