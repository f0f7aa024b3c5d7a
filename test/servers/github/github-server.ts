/**
 * GitHub's releases on loopback, as docs.github.com/rest describes them: the API, the web site that public downloads begin at,
 * and the place that both redirect to, which takes only URLs that GitHub signed and that end.
 *
 *     const github = await GithubServer.start();
 *     github.upload('owner/repo', 'v1', 'model.bin', seeded(10_000, 1), { label: 'unet/model.bin' });
 *     github.allow('ghp_secret', 'owner/repo');        // a token; from now on a private repository needs one
 *     github.setPrivate('owner/repo');
 *     github.limit({ remaining: 0, resetMs: Date.now() + 60_000 });
 *     github.apiUrl; github.requests; github.storage   // storage is the FaultServer that has the bytes
 *     await github.stop();
 *
 * test/servers/github/github-server.test.ts shows that GitHub's own client takes it for GitHub.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Content, FaultServer, literal, sha256Hex } from '../http/fault-server.ts';
import { UrlSigner } from '../http/signed-urls.ts';
import { type Addresses, assetDocument, releaseDocument, type StoredAsset, type StoredRelease } from './documents.ts';

export interface SeenByGithub {
  readonly host: 'api' | 'web';
  readonly path: string;
  readonly authorization?: string;
  readonly accept?: string;
  status: number;
}

export interface UploadOptions {
  readonly label?: string;
  /** Releases of before June 2025 have none. */
  readonly withoutDigest?: boolean;
  readonly state?: 'uploaded' | 'open';
  readonly prerelease?: boolean;
}

interface Repo {
  readonly releases: Map<string, StoredRelease>;
  isPrivate: boolean;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly document?: unknown;
}

/** How long GitHub's links to the bytes live. */
const LINK_MS = 300_000;
const NOT_FOUND: Reply = {
  status: 404,
  document: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' },
};

export class GithubServer {
  static async start(): Promise<GithubServer> {
    const github = new GithubServer(await FaultServer.start());
    for (const server of [github.#api, github.#web]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return github;
  }

  readonly requests: SeenByGithub[] = [];
  readonly storage: FaultServer;
  readonly signer = new UrlSigner();
  readonly #api: Server = createServer((request, response) => this.#answer('api', request, response));
  readonly #web: Server = createServer((request, response) => this.#answer('web', request, response));
  readonly #repos = new Map<string, Repo>();
  readonly #tokens = new Map<string, ReadonlySet<string>>();
  #limit = { remaining: 4999, resetMs: Date.now() + 3600_000 };
  #refuse: Reply | undefined;
  #list: { readonly document: unknown } | undefined;
  #nextId = 1;

  private constructor(storage: FaultServer) {
    this.storage = storage;
    this.signer.guard(storage);
  }

  get apiUrl(): string {
    return urlOf(this.#api);
  }

  /** Creates or replaces an asset, and whatever it is in. @returns the name that it got */
  upload(repo: string, tag: string, name: string, bytes: Content | Uint8Array | string, options: UploadOptions = {}): string {
    const content = typeof bytes === 'string' || bytes instanceof Uint8Array ? literal(bytes) : bytes;
    const { assets } = this.#releaseFor(repo, tag, options.prerelease ?? false);
    const kept = nameAfterUpload(name);
    const old = assets.get(kept);
    if (old !== undefined) this.storage.remove(storagePath(old));
    const asset: StoredAsset = {
      id: this.#nextId++,
      name: kept,
      label: options.label ?? null,
      sizeBytes: content.sizeBytes,
      digest: options.withoutDigest === true ? null : `sha256:${sha256Hex(content)}`,
      state: options.state ?? 'uploaded',
    };
    assets.set(kept, asset);
    this.storage.put(storagePath(asset), content);
    return kept;
  }

  setPrivate(repo: string): void {
    this.#repoFor(repo).isPrivate = true;
  }

  allow(token: string, ...repos: readonly string[]): void {
    this.#tokens.set(token, new Set(repos));
  }

  limit(limit: { readonly remaining: number; readonly resetMs: number }): void {
    this.#limit = limit;
  }

  /** What the API answers where it is asked for all releases of a repository. */
  answerList(document: unknown): void {
    this.#list = { document };
  }

  /** What the API answers to everything, instead of what it would; undefined: no more. */
  refuseAll(reply: Reply | undefined): void {
    this.#refuse = reply;
  }

  async stop(): Promise<void> {
    for (const server of [this.#api, this.#web]) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    }
    await this.storage.stop();
  }

  #repoFor(name: string): Repo {
    const repo = this.#repos.get(name) ?? { releases: new Map(), isPrivate: false };
    this.#repos.set(name, repo);
    return repo;
  }

  #releaseFor(repo: string, tag: string, prerelease: boolean): StoredRelease {
    const { releases } = this.#repoFor(repo);
    const release = releases.get(tag) ?? { id: this.#nextId++, tag, prerelease, assets: new Map() };
    releases.set(tag, release);
    return release;
  }

  #answer(host: 'api' | 'web', request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const { authorization, accept } = request.headers;
    const seen: SeenByGithub = { host, path: url.pathname, status: 0, ...(authorization && { authorization }), ...(accept && { accept }) };
    this.requests.push(seen);
    const reply = host === 'api' ? this.#answerApi(url, seen) : this.#answerWeb(url);
    seen.status = reply.status;
    const text = reply.document === undefined ? '' : JSON.stringify(reply.document);
    const isZipped = text !== '' && /\bgzip\b/.test(String(request.headers['accept-encoding']));
    const body = isZipped ? gzipSync(text) : Buffer.from(text);
    response.writeHead(reply.status, {
      'content-type': host === 'api' ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8',
      ...(host === 'api' && this.#limitHeaders()),
      ...reply.headers,
      ...(isZipped && { 'content-encoding': 'gzip' }),
      'content-length': body.length,
    });
    response.end(body);
  }

  #answerApi(url: URL, seen: SeenByGithub): Reply {
    if (this.#refuse !== undefined) return this.#refuse;
    const token = seen.authorization?.replace(/^(?:Bearer|token) /i, '');
    if (token !== undefined && !this.#tokens.has(token)) return message(401, 'Bad credentials');
    if (this.#limit.remaining === 0) return message(403, 'API rate limit exceeded for 127.0.0.1.');
    this.#limit = { ...this.#limit, remaining: this.#limit.remaining - 1 };
    const [, name = '', rest = ''] = /^\/repos\/([^/]+\/[^/]+)\/(.+)$/.exec(url.pathname) ?? [];
    const repo = this.#repos.get(name);
    if (repo === undefined || (repo.isPrivate && !this.#tokens.get(token ?? '')?.has(name))) return NOT_FOUND;
    return this.#answerRepo(repo, { rest, url, wantsBytes: seen.accept === 'application/octet-stream', addresses: this.#addresses(name) });
  }

  #answerRepo(repo: Repo, asked: { rest: string; url: URL; wantsBytes: boolean; addresses: Addresses }): Reply {
    const { rest, url, addresses } = asked;
    const newestFirst = [...repo.releases.values()].reverse();
    const [kind = '', id = ''] = rest.replace(/^releases\/?/, '').split(/\/(.*)/);
    if (kind === 'tags') return releaseReply(repo.releases.get(decodeURIComponent(id)), addresses);
    if (kind === 'latest')
      return releaseReply(
        newestFirst.find(({ prerelease }) => !prerelease),
        addresses,
      );
    if (kind === 'assets') return this.#answerAsset(repo, Number(id), asked);
    if (kind === '' && this.#list !== undefined) return { status: 200, ...this.#list };
    if (kind === '')
      return page(
        url,
        newestFirst.map((release) => releaseDocument(release, addresses)),
      );
    const release = newestFirst.find((one) => one.id === Number(kind));
    if (id !== 'assets' || release === undefined) return NOT_FOUND;
    return page(url, releaseDocument(release, addresses).assets);
  }

  #answerAsset(repo: Repo, id: number, { wantsBytes, addresses }: { wantsBytes: boolean; addresses: Addresses }): Reply {
    for (const release of repo.releases.values()) {
      const asset = [...release.assets.values()].find((one) => one.id === id);
      if (asset === undefined) continue;
      return wantsBytes ? this.#toStorage(asset) : { status: 200, document: assetDocument(asset, release, addresses) };
    }
    return NOT_FOUND;
  }

  /** The web site knows no tokens: a private repository is not there. */
  #answerWeb(url: URL): Reply {
    const [, name = '', tag = '', file = ''] = /^\/([^/]+\/[^/]+)\/releases\/download\/([^/]+)\/([^/]+)$/.exec(url.pathname) ?? [];
    const repo = this.#repos.get(name);
    const asset = repo?.releases.get(decodeURIComponent(tag))?.assets.get(decodeURIComponent(file));
    return repo === undefined || repo.isPrivate || asset === undefined ? { status: 404 } : this.#toStorage(asset);
  }

  #toStorage(asset: StoredAsset): Reply {
    return { status: 302, headers: { location: this.signer.sign(this.storage.urlOf(storagePath(asset)), LINK_MS) } };
  }

  #addresses(repo: string): Addresses {
    return { api: `${this.apiUrl}/repos/${repo}`, web: `${urlOf(this.#web)}/${repo}` };
  }

  #limitHeaders(): Record<string, string> {
    const { remaining, resetMs } = this.#limit;
    return {
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(Math.ceil(resetMs / 1000)),
    };
  }
}

const releaseReply = (release: StoredRelease | undefined, addresses: Addresses): Reply =>
  release === undefined ? NOT_FOUND : { status: 200, document: releaseDocument(release, addresses) };

export const message = (status: number, text: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  document: { message: text, documentation_url: 'https://docs.github.com/rest', status: String(status) },
});

/** Listings come in pages of 30, or of what was asked for up to 100, with the next one in the Link header. */
function page(url: URL, items: readonly unknown[]): Reply {
  const size = Math.min(100, Number(url.searchParams.get('per_page') ?? 30));
  const number = Number(url.searchParams.get('page') ?? 1);
  const next = new URL(url);
  next.searchParams.set('page', String(number + 1));
  const hasMore = items.length > size * number;
  const link = `<${next.href}>; rel="next"`;
  return { status: 200, document: items.slice(size * (number - 1), size * number), ...(hasMore && { headers: { link } }) };
}

/** As seen at GitHub: a full stop for each run of other characters, and a word where nothing is left. */
const nameAfterUpload = (name: string): string => {
  const kept = name
    .replace(/[^A-Za-z0-9_+@.-]+/g, '.')
    .replace(/\.{2,}/g, '.')
    .replace(/^\.|\.$/g, '');
  return /^(?:[^A-Za-z0-9]|$)/.test(kept) || !/[A-Za-z0-9]/.test(kept.split('.')[0] ?? '') ? `default.${kept}` : kept;
};

const storagePath = ({ id }: StoredAsset): string => `github-production-release-asset/${id}`;
const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
