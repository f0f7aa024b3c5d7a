/**
 * Says whom a token belongs to, as the Hub (/api/whoami-v2) and GitHub's API (/user) do. test/servers/identity-server.test.ts
 * shows that the services' own clients take it for them.
 *
 *     const server = await IdentityServer.start({ hf_good: 'alice' });
 *     server.url; server.requests
 *     await server.stop();
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AskedForIdentity {
  readonly path: string;
  readonly authorization: string | undefined;
}

export const EXPIRES_AT = '2031-05-06T07:08:09.000Z';

export class IdentityServer {
  /** @param accounts token -> name */
  static async start(accounts: Readonly<Record<string, string>>): Promise<IdentityServer> {
    const server = new IdentityServer(accounts);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  readonly requests: AskedForIdentity[] = [];
  /** Instead of what it would answer. */
  status: number | undefined;
  readonly #accounts: Readonly<Record<string, string>>;
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));

  private constructor(accounts: Readonly<Record<string, string>>) {
    this.#accounts = accounts;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ url = '', headers: { authorization } }: IncomingMessage, response: ServerResponse): void {
    this.requests.push({ path: url, authorization });
    const [, token = ''] = /^(?:bearer|token) (.+)$/i.exec(authorization ?? '') ?? [];
    const { status, document, headers } =
      this.status === undefined ? replyTo(url, this.#accounts[token]) : { ...REFUSED, status: this.status };
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(JSON.stringify(document));
  }
}

interface Reply {
  readonly status: number;
  readonly document: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const REFUSED: Reply = { status: 401, document: { message: 'Bad credentials', status: '401' } };
const BAD_TOKEN = 'Invalid credentials in Authorization header';
const HUB_REFUSED: Reply = { status: 401, document: { error: BAD_TOKEN }, headers: { 'x-error-message': BAD_TOKEN } };

function replyTo(path: string, name: string | undefined): Reply {
  if (path.endsWith('/api/whoami-v2')) return name === undefined ? HUB_REFUSED : { status: 200, document: hubUser(name) };
  if (!path.endsWith('/user')) return { status: 404, document: { message: 'Not Found' } };
  if (name === undefined) return REFUSED;
  const headers = { 'github-authentication-token-expiration': '2031-05-06 07:08:09 UTC' };
  return { status: 200, document: { login: name, id: 1, type: 'User' }, headers };
}

const hubUser = (name: string): object => ({
  type: 'user',
  id: '1',
  name,
  fullname: name,
  auth: { type: 'access_token', accessToken: { displayName: 'laptop', role: 'read', createdAt: '2026-01-01T00:00:00.000Z' } },
});
