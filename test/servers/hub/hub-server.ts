/**
 * The Hugging Face Hub on loopback, as its clients know it: the API, the addresses of files, and the place that large files are
 * redirected to, which takes only URLs that the Hub signed and that end.
 *
 *     const hub = await HubServer.start();
 *     hub.commit('org/name', { 'config.json': '{}', 'model.safetensors': seeded(10_000, 1) });   // a commit on main
 *     hub.commit('datasets/org/name', { … }, 'refs/pr/1');
 *     hub.repo('org/name').isGated = true;             // isPrivate, isDisabled
 *     hub.allow('hf_secret', 'org/name');              // a token, and what it may read; others are refused everywhere
 *     hub.rename('org/old', 'org/name');
 *     hub.limit({ remaining: 0, resetSeconds: 60 });
 *     hub.casUrl = cas.url;                            // a real Xet storage that has the files: local-cas.ts
 *     hub.url; hub.requests; hub.storage; hub.signer   // storage is the FaultServer that has the large files
 *     await hub.stop();
 *
 * test/servers/hub/hub-server.test.ts shows that the Hub's own clients take it for the Hub.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Content, FaultServer, literal } from '../http/fault-server.ts';
import { UrlSigner } from '../http/signed-urls.ts';
import { foundDocument, infoDocument, refsDocument, treeDocument, treeEntry } from './documents.ts';
import { placeOf } from './hub-places.ts';
import { entryNotFound, gatedReply, type HubReply, REPO_NOT_FOUND, ranged, redirect, refused, whoAmI, xetToken } from './hub-replies.ts';
import { type Commit, HubRepo, type LfsObject } from './hub-repo.ts';

export interface SeenByHub {
  readonly method: string;
  /** Decoded, with its leading slash. */
  readonly path: string;
  readonly query: string;
  readonly authorization?: string;
  status: number;
}

/** Of a file in Xet storage, for clients that say they can read from there. */
const XET_INFO = 'application/vnd.xet-fileinfo+json';

interface Asked {
  readonly type: string;
  readonly id: string;
  readonly repo: HubRepo;
  readonly commit: Commit;
  readonly url: URL;
  readonly token: string | undefined;
  /** The header of this name. */
  readonly accept: string;
}

/** How long the Hub's signed URLs live. */
const LINK_MS = 3600_000;
const PAGE_SIZE = 1000;

export class HubServer {
  static async start(): Promise<HubServer> {
    const hub = new HubServer(await FaultServer.start());
    await new Promise<void>((resolve) => hub.#server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  readonly requests: SeenByHub[] = [];
  readonly storage: FaultServer;
  readonly signer = new UrlSigner();
  /** Entries of a page of the tree. */
  pageSize = PAGE_SIZE;
  /** Where large files are redirected to, in place of `storage`, by their sha256. */
  bytesUrl: ((sha256: string) => string) | undefined;
  /** Where Xet storage answers; by default it is promised, and nobody is there. */
  casUrl: string | undefined;
  /** The host that the addresses of next pages name, where it is not the one asked: a mirror passes on the Hub's own. */
  linkOrigin: string | undefined;
  /** Replaces the answers to those that it is not undefined for. */
  override: ((seen: SeenByHub) => HubReply | undefined) | undefined;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));
  readonly #repos = new Map<string, HubRepo>();
  readonly #renamed = new Map<string, string>();
  readonly #tokens = new Map<string, ReadonlySet<string>>();
  #limit = { remaining: 2999, resetSeconds: 300 };

  private constructor(storage: FaultServer) {
    this.storage = storage;
    this.signer.guard(storage);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param name `org/name`, or `datasets/org/name` @returns the commit's id */
  commit(name: string, files: Readonly<Record<string, Content | Uint8Array | string | undefined>>, branch = 'main'): string {
    const contents = Object.entries(files).map(([path, bytes]) => [path, contentOf(bytes)] as const);
    const commit = this.repo(name).commit(branch, Object.fromEntries(contents));
    for (const { lfs, content } of commit.files.values()) if (lfs) this.storage.put(storagePath(lfs.sha256), content);
    return commit.id;
  }

  repo(name: string): HubRepo {
    const repo = this.#repos.get(name) ?? new HubRepo();
    this.#repos.set(name, repo);
    return repo;
  }

  rename(from: string, to: string): void {
    this.#renamed.set(from, to);
  }

  allow(token: string, ...repos: readonly string[]): void {
    this.#tokens.set(token, new Set(repos));
  }

  limit(limit: { readonly remaining: number; readonly resetSeconds: number }): void {
    this.#limit = limit;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
    await this.storage.stop();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const { authorization } = request.headers;
    const seen: SeenByHub = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: url.search,
      ...(authorization && { authorization }),
      status: 0,
    };
    this.requests.push(seen);
    const body = await readAll(request);
    const reply = ranged(this.override?.(seen) ?? this.#replyTo(url, request.headers, body), request);
    seen.status = reply.status;
    this.#send(reply, request, response);
  }

  #send(reply: HubReply, request: IncomingMessage, response: ServerResponse): void {
    const plain = reply.bytes ?? Buffer.from(reply.document === undefined ? '' : JSON.stringify(reply.document));
    const accepts = String(request.headers['accept-encoding'] ?? '');
    const isZipped = reply.status === 200 && plain.length > 500 && /gzip/.test(accepts);
    const bytes = isZipped ? gzipSync(plain) : plain;
    response.writeHead(reply.status, {
      'content-type': reply.document === undefined ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
      'x-request-id': 'Root=1-test',
      ratelimit: `"${/\/resolve/.test(request.url ?? '') ? 'resolvers' : 'api'}";r=${this.#limit.remaining};t=${this.#limit.resetSeconds}`,
      'ratelimit-policy': '"fixed window";"api";q=3000;w=300',
      ...reply.headers,
      // Compressed on the way, a body has no length beforehand.
      ...(isZipped ? { 'content-encoding': 'gzip', vary: 'accept-encoding' } : { 'content-length': String(bytes.length) }),
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }

  #replyTo(url: URL, { authorization, accept = '' }: IncomingHttpHeaders, body: string): HubReply {
    if (this.#limit.remaining === 0) return { status: 429, document: { error: 'We had to rate limit you' } };
    const token = authorization?.replace(/^Bearer /, '');
    if (token !== undefined && !this.#tokens.has(token)) return refused(401, 'Invalid credentials in Authorization header');
    if (url.pathname === '/api/whoami-v2') return whoAmI(token);
    if (url.pathname === '/api/models') return { status: 200, document: this.#found(url.searchParams, token) };
    const place = placeOf(url.pathname);
    if (place === undefined) return refused(404, 'Sorry, we can’t find the page you are looking for.');
    const newName = this.#renamed.get(place.name);
    if (newName !== undefined) return redirect(url.pathname.replace(place.name, newName) + url.search);
    const repo = this.#repos.get(place.name);
    const mayRead = token !== undefined && this.#tokens.get(token)?.has(place.name) === true;
    if (repo === undefined || (repo.isPrivate && !mayRead))
      return token === undefined ? refused(401, 'Invalid username or password.') : REPO_NOT_FOUND;
    if (repo.isDisabled) return refused(403, 'Access to this resource is disabled.');
    if (place.verb === 'refs') return { status: 200, document: refsDocument(repo) };
    const commit = repo.find(decodeURIComponent(place.revision));
    if (commit === undefined) return refused(404, `Invalid rev id: ${place.revision}`, 'RevisionNotFound');
    const asked: Asked = { type: place.type, id: place.id, repo, commit, url, token, accept };
    const isFile = place.verb === 'resolve' || place.verb === 'resolve-cache';
    if (isFile && repo.isGated && !mayRead) return gatedReply(place.name, token);
    const rest = decodeURIComponent(place.rest);
    return isFile ? this.#answerFile(asked, rest, place.verb === 'resolve') : this.#answerApi(asked, place.verb, rest, body);
  }

  /** Those of others' private models that a token may not read are not there for it. */
  #found(query: URLSearchParams, token: string | undefined): unknown[] {
    const words = query.get('search')?.toLowerCase() ?? '';
    const pipeline = query.get('pipeline_tag');
    const mayRead = (name: string): boolean => token !== undefined && this.#tokens.get(token)?.has(name) === true;
    return [...this.#repos]
      .filter(
        ([name, { isPrivate }]) => name.split('/').length === 2 && name.toLowerCase().includes(words) && (!isPrivate || mayRead(name)),
      )
      .filter(([, repo]) => pipeline === null || repo.pipeline === pipeline)
      .slice(0, Number(query.get('limit') ?? 1000))
      .map(([name, repo]) => foundDocument(name, repo));
  }

  #answerApi({ id, repo, commit, url }: Asked, verb: string, rest: string, body: string): HubReply {
    if (verb === 'xet-read-token') return xetToken(this.casUrl ?? this.storage.url);
    if (verb === 'revision') return { status: 200, document: infoDocument(id, repo, commit, url.searchParams.get('blobs') === 'true') };
    if (verb === 'paths-info') {
      const paths = pathsOf(body);
      return { status: 200, document: paths.flatMap((path) => commit.files.get(path) ?? []).map(treeEntry) };
    }
    const entries = treeDocument(commit, rest, url.searchParams.get('recursive') === 'true');
    if (rest !== '' && entries.length === 0) return entryNotFound(commit);
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const page = entries.slice(from, from + this.pageSize);
    const next = new URL(url.pathname + url.search, this.linkOrigin ?? this.url);
    next.searchParams.set('cursor', String(from + this.pageSize));
    const hasMore = from + this.pageSize < entries.length;
    return { status: 200, document: page, ...(hasMore && { headers: { link: `<${next.href}>; rel="next"` } }) };
  }

  #answerFile({ type, id, commit, accept }: Asked, path: string, isFirst: boolean): HubReply {
    const file = commit.files.get(path);
    if (file === undefined) return entryNotFound(commit);
    const headers = { 'x-repo-commit': commit.id, 'accept-ranges': 'bytes', 'x-linked-size': String(file.content.sizeBytes) };
    if (file.lfs !== undefined) {
      const all = { ...headers, 'x-linked-etag': `"${file.lfs.sha256}"`, ...this.#xetHeaders(file.lfs, `${type}s/${id}`, commit) };
      if (file.lfs.xetHash !== undefined && accept.includes(XET_INFO))
        return { status: 200, headers: { ...all, 'content-type': XET_INFO } };
      return this.#toStorage(file.lfs, all);
    }
    const etag = { 'x-linked-etag': `"${file.oid}"`, etag: `"${file.oid}"` };
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const cache = `/api/resolve-cache/${type}s/${id}/${commit.id}/${encoded}?${encodeURIComponent(`/${path}`)}=&etag=%22${file.oid}%22`;
    if (isFirst) return { ...redirect(cache), headers: { ...headers, ...etag, location: cache } };
    return { status: 200, headers: { ...headers, ...etag }, bytes: file.content.read(0, file.content.sizeBytes) };
  }

  #toStorage({ sha256 }: LfsObject, headers: Readonly<Record<string, string>>): HubReply {
    const location = this.bytesUrl?.(sha256) ?? this.signer.sign(this.storage.urlOf(storagePath(sha256)), LINK_MS);
    return { status: 302, headers: { ...headers, location }, bytes: Buffer.from(`Found. Redirecting to ${location}`) };
  }

  #xetHeaders({ xetHash }: LfsObject, repo: string, { id }: Commit): Readonly<Record<string, string>> {
    if (xetHash === undefined) return {};
    const auth = `<${this.url}/api/${repo}/xet-read-token/${id}>; rel="xet-auth"`;
    const info = `<${this.casUrl ?? this.storage.url}/v1/reconstructions/${xetHash}>; rel="xet-reconstruction-info"`;
    return { link: `${auth}, ${info}`, 'x-xet-hash': xetHash };
  }
}

const contentOf = (bytes: Content | Uint8Array | string | undefined): Content | undefined =>
  typeof bytes === 'string' || bytes instanceof Uint8Array ? literal(bytes) : bytes;

/** The path of a large file at the storage: its name is its digest. */
export const storagePath = (sha256: string): string => `xet-bridge-us/${sha256}`;

/** As JSON from the one client, as a form from the other. */
function pathsOf(body: string): readonly string[] {
  if (!body.startsWith('{')) return new URLSearchParams(body).getAll('paths');
  return (JSON.parse(body) as { readonly paths: readonly string[] }).paths;
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
