/**
 * Xet storage as the Hub has it: one service says which bytes of which objects make a file, another one serves them. The real server of
 * xet-core says it; the objects come from an nginx, as from the Hub's CDN, since that server reads a whole object for each range of it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Fetch {
  url: string;
}

/** v1 and v2 of the protocol. */
interface Reconstruction {
  readonly fetch_info?: Readonly<Record<string, readonly Fetch[]>>;
  readonly xorbs?: Readonly<Record<string, readonly Fetch[]>>;
}

export class XetFront {
  static async start(casUrl: string, objectUrl: (hash: string) => string): Promise<XetFront> {
    const front = new XetFront(casUrl, objectUrl);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  readonly #casUrl: string;
  readonly #objectUrl: (hash: string) => string;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  private constructor(casUrl: string, objectUrl: (hash: string) => string) {
    this.#casUrl = casUrl;
    this.#objectUrl = objectUrl;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer({ url = '/', method = 'GET', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { range } = headers;
    // What clients tell of how it went is of no use here.
    if (method !== 'GET') return void response.writeHead(204).end();
    const answer = await fetch(this.#casUrl + url, { headers: range === undefined ? {} : { range } });
    const text = await answer.text();
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    response.end(answer.ok && url.includes('/reconstructions/') ? this.#fromObjects(text) : text);
  }

  #fromObjects(text: string): string {
    const reconstruction = JSON.parse(text) as Reconstruction;
    for (const [hash, fetches] of Object.entries(reconstruction.xorbs ?? reconstruction.fetch_info ?? {}))
      for (const fetch of fetches) fetch.url = this.#objectUrl(hash);
    return JSON.stringify(reconstruction);
  }
}
