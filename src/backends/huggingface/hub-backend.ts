/**
 * Files of a repository of the Hugging Face Hub. One question tells its commit and all its files; each is then read over plain
 * HTTP ranges at that commit, from where the Hub's redirects lead, without the token and as long as the signature holds.
 */
import { shownWithPlace } from '../../credentials/mask-credential.ts';
import { throwIfCancelled } from '../../domain/cancelled.ts';
import { ModelError } from '../../domain/errors.ts';
import type {
  Credentialed,
  HttpReachable,
  HttpTarget,
  OpenedFile,
  OpenOptions,
  Publishing,
  RemoteFile,
  Revisioned,
  SourceRevision,
  StorageBackend,
} from '../backend.ts';
import { checkPath } from '../check-path.ts';
import type { FoundToken } from '../credentials.ts';
import { validatorChanged } from '../file-faults.ts';
import type { HubFacts, HubFile } from '../hf-cache/hub-file.ts';
import { bearer } from '../http/bearer.ts';
import { HttpBackend, type RefusedAnswer } from '../http/http-backend.ts';
import { Once } from '../once.ts';
import { HubApi, type HubApiOptions } from './hub-api.ts';
import { etagOf, type HubEntry, type HubListing } from './hub-listing.ts';
import { type HubPlace, hubLabel, parseHubFileUrl, parseHubUrl } from './hub-url.ts';

/** Files under `hf://org/name@revision/path`. @throws ModelError INVALID_CONFIG */
export function createHubBackend(url: string, options: HubApiOptions): HubBackend {
  const place = parseHubUrl(url);
  const inRepo = (path: string): string => (place.subPath === undefined ? path : `${place.subPath}/${path}`);
  return new HubBackend(place, inRepo, options);
}

/** One file, whatever its path is called. @throws ModelError INVALID_CONFIG */
export function createHubFileBackend(url: string, options: HubApiOptions): HubBackend {
  const place = parseHubFileUrl(url);
  return new HubBackend(place, () => place.subPath, options);
}

export class HubBackend implements StorageBackend, HttpReachable, Credentialed, Publishing, Revisioned, HubFacts {
  readonly scheme = 'hf';
  readonly publishesDigests = true;
  readonly label: string;
  readonly host: string;
  readonly #place: HubPlace;
  readonly #pathInRepo: (path: string) => string;
  readonly #api: HubApi;
  readonly #files: HttpBackend;
  readonly #listing = new Once<HubListing>();
  /** That of the listing: known as soon as any file is. */
  #commit = '';
  #token: FoundToken | undefined;
  /** Files whose redirects were followed once. */
  readonly #reached = new Set<string>();

  constructor(place: HubPlace, pathInRepo: (path: string) => string, options: HubApiOptions) {
    this.#place = place;
    this.#pathInRepo = pathInRepo;
    this.#api = new HubApi(options);
    this.label = hubLabel(place);
    this.host = this.#api.endpoint.url.host;
    this.#files = new HttpBackend({
      client: options.client,
      scheme: this.scheme,
      label: this.label,
      host: this.host,
      urlOf: (path) => this.#api.endpoint.file(place, this.#commit, pathInRepo(path)),
      nameOf: (path) => this.#nameOf(path),
      credentials: async () => ({ headers: bearer(this.#token) }),
      explain: (refused) => this.#explain(refused),
    });
  }

  /** From the listing: no request a file. */
  async stat(path: string, signal: AbortSignal): Promise<RemoteFile> {
    return remoteFile(path, await this.#find(path, signal));
  }

  async *list(signal: AbortSignal): AsyncGenerator<RemoteFile> {
    throwIfCancelled(signal, `listing ${this.label}`);
    const { files } = await this.#listingNow(signal);
    const prefix = this.#pathInRepo('');
    const isOneFile = prefix !== '' && !prefix.endsWith('/');
    if (!isOneFile && files.has(this.#place.subPath ?? '')) throw this.#noFolder();
    for (const entry of files.values()) {
      throwIfCancelled(signal, `listing ${this.label}`);
      if (isOneFile ? entry.path !== prefix : !entry.path.startsWith(prefix)) continue;
      yield remoteFile(isOneFile ? entry.path.slice(entry.path.lastIndexOf('/') + 1) : entry.path.slice(prefix.length), entry);
    }
  }

  /** The validator is the Hub's name for the bytes: what stores them has names of its own. */
  async open(path: string, { validator, ...options }: OpenOptions): Promise<OpenedFile> {
    const entry = await this.#find(path, options.signal);
    const current = validatorOf(entry);
    if (validator !== undefined && validator !== current) throw validatorChanged(this.#nameOf(path), validator, current);
    const file = await this.#files.open(path, { ...options, expectedBytes: options.expectedBytes ?? entry.sizeBytes });
    return { ...file, totalBytes: entry.sizeBytes, validator: current };
  }

  /** The Hub redirects to where the bytes are: that is found out first, and kept. */
  async httpTarget(path: string, signal: AbortSignal): Promise<HttpTarget> {
    await this.#find(path, signal);
    if (!this.#reached.has(path)) await this.#files.stat(path, signal);
    this.#reached.add(path);
    return this.#files.httpTarget(path, signal);
  }

  dropTarget(path: string, target: HttpTarget): void {
    this.#files.dropTarget(path, target);
  }

  async credentialsFrom(): Promise<string | undefined> {
    const found = await this.#api.token();
    return found && shownWithPlace(found.from, found.token.reveal());
  }

  async revision(signal: AbortSignal): Promise<SourceRevision> {
    const { commit, madeAt } = await this.#listingNow(signal);
    return { revision: commit, url: hubLabel({ ...this.#place, revision: commit }), ...(madeAt !== undefined && { madeAt }) };
  }

  async hubFile(path: string, signal: AbortSignal): Promise<HubFile> {
    const entry = await this.#find(path, signal);
    const { repoType, repoId, revision } = this.#place;
    const { sizeBytes } = entry;
    return { repoType, repoId, revision, commit: this.#commit, path: entry.path, sizeBytes, etag: etagOf(entry) };
  }

  async close(): Promise<void> {
    await this.#files.close();
    this.#listing.forget();
  }

  /** One commit for all that is read: a branch that moves on meanwhile mixes nothing. */
  async #listingNow(signal: AbortSignal): Promise<HubListing> {
    const listing = await this.#listing.get(signal, () => this.#api.listing(this.#place, signal));
    this.#commit = listing.commit;
    this.#token = await this.#api.token();
    return listing;
  }

  async #find(path: string, signal: AbortSignal): Promise<HubEntry> {
    checkPath(this.#pathInRepo(path));
    throwIfCancelled(signal, `asking ${this.label}`);
    const { files, commit } = await this.#listingNow(signal);
    const entry = files.get(this.#pathInRepo(path));
    if (entry === undefined) throw this.#notFound(path, commit);
    return entry;
  }

  #notFound(path: string, commit: string): ModelError {
    return new ModelError('SOURCE_UNAVAILABLE', `${this.#nameOf(path)} is not there: commit ${commit.slice(0, 8)} has no such file`, {
      reason: 'not_found',
      retryable: false,
      hint: `see what there is at ${this.#api.endpoint.page(this.#place)}/tree/${commit}`,
      details: { commit },
    });
  }

  #noFolder(): ModelError {
    const end = this.label.lastIndexOf('/');
    return new ModelError('SOURCE_UNAVAILABLE', `${this.label} is a file, and a folder is listed`, {
      reason: 'not_a_folder',
      retryable: false,
      hint: `name its folder, ${this.label.slice(0, end)}, and the file by a pattern: ${this.label.slice(end + 1)}`,
    });
  }

  #nameOf(path: string): string {
    return hubLabel({ ...this.#place, subPath: this.#pathInRepo(path) });
  }

  #explain({ url, ...refused }: RefusedAnswer): ModelError | undefined {
    if (url.origin !== this.#api.endpoint.url.origin) return refusedByStorage(refused);
    return this.#api.explain({ ...refused, what: this.label, tokenFrom: this.#token?.from }, this.#place);
  }
}

/** Where the bytes are stored, the signature in the URL is all that counts. */
function refusedByStorage({ status, label }: Pick<RefusedAnswer, 'status' | 'label'>): ModelError | undefined {
  if (status !== 401 && status !== 403) return undefined;
  return new ModelError('AUTH_FAIL', `${label} refuses the URL that the Hub signed (status ${status})`, {
    reason: 'signed_url_refused',
    hint: 'run the same command again: it goes on where it stopped, behind a new URL; where that is refused at once, check the clock of this machine',
    details: { http_status: status },
  });
}

const validatorOf = (entry: HubEntry): string => `"${etagOf(entry)}"`;

const remoteFile = (path: string, entry: HubEntry): RemoteFile => ({
  path,
  sizeBytes: entry.sizeBytes,
  validator: validatorOf(entry),
  ...(entry.sha256 !== undefined ? { sha256: entry.sha256 } : { gitOid: entry.gitOid }),
});
