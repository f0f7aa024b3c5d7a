/**
 * The assets of a GitHub release. One question to the API tells them all; each is then read over plain HTTP: with a token from
 * the API, which private repositories need, without one from its public address, which counts against no rate limit.
 */
import { shownWithPlace } from '../../credentials/mask-credential.ts';
import { throwIfCancelled } from '../../domain/cancelled.ts';
import { isModelError, ModelError } from '../../domain/errors.ts';
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
import { checkListed, checkPath } from '../check-path.ts';
import type { FoundToken } from '../credentials.ts';
import { bearer } from '../http/bearer.ts';
import { HttpBackend, type RefusedAnswer, type SourceCredentials } from '../http/http-backend.ts';
import { nextHop } from '../http/redirect-rules.ts';
import { Once } from '../once.ts';
import { GithubApi, type GithubApiOptions } from './github-api.ts';
import { githubError } from './github-error.ts';
import { type GithubFile, type GithubPlace, githubLabel, parseGithubFileUrl, parseGithubUrl } from './github-url.ts';
import { type Asset, findAsset, type Release } from './release.ts';

/** Asset names that an error shows. */
const NAMED_ASSETS = 8;

/** The assets of a release. @throws ModelError INVALID_CONFIG */
export const createGithubBackend = (url: string, options: GithubApiOptions): GithubBackend =>
  new GithubBackend(parseGithubUrl(url), options);

/** One asset, whatever the path is called. @throws ModelError INVALID_CONFIG */
export const createGithubFileBackend = (url: string, options: GithubApiOptions): GithubBackend =>
  new GithubBackend(parseGithubFileUrl(url), options);

interface Located {
  readonly asset: Asset;
  readonly url: URL;
}

export class GithubBackend implements StorageBackend, HttpReachable, Credentialed, Publishing, Revisioned {
  readonly scheme = 'github';
  readonly publishesDigests = true;
  readonly label: string;
  readonly host: string;
  readonly #place: GithubPlace & Partial<GithubFile>;
  readonly #api: GithubApi;
  readonly #files: HttpBackend;
  readonly #release = new Once<Release>();
  readonly #located = new Map<string, Located>();
  #token: FoundToken | undefined;

  constructor(place: GithubPlace & Partial<GithubFile>, options: GithubApiOptions) {
    this.#place = place;
    this.#api = new GithubApi(options);
    this.label = place.asset === undefined ? githubLabel(place) : `${githubLabel(place)}/${place.asset}`;
    this.host = this.#api.url.host;
    this.#files = new HttpBackend({
      client: options.client,
      scheme: this.scheme,
      label: this.label,
      host: this.host,
      headers: { accept: 'application/octet-stream' },
      urlOf: (path) => this.#known(path).url,
      nameOf: (path) => this.#nameOf(path),
      credentials: (url) => this.#credentialsFor(url),
      explain: (refused) => this.#explain(refused),
    });
  }

  async stat(path: string, signal: AbortSignal): Promise<RemoteFile> {
    const file = await this.#use(path, signal, () => this.#files.stat(path, signal));
    const { sha256 } = this.#known(path).asset;
    return { ...file, ...(sha256 !== undefined && { sha256 }) };
  }

  /** By the paths of their labels, else by their names. @throws ModelError PATH_UNSAFE */
  async *list(signal: AbortSignal): AsyncGenerator<RemoteFile> {
    const { assets } = await this.#releaseNow(signal);
    for (const { name, labelPath = name, sizeBytes, sha256 } of assets) {
      throwIfCancelled(signal, `listing ${this.label}`);
      checkListed(this.label, labelPath);
      yield { path: labelPath, sizeBytes, ...(sha256 !== undefined && { sha256 }) };
    }
  }

  open(path: string, options: OpenOptions): Promise<OpenedFile> {
    return this.#use(path, options.signal, () => this.#files.open(path, options));
  }

  /** Every address of an asset redirects to where its bytes are: that is found out first, and kept. */
  async httpTarget(path: string, signal: AbortSignal): Promise<HttpTarget> {
    return this.#use(path, signal, async (isNew) => {
      if (isNew) await this.#files.stat(path, signal);
      return this.#files.httpTarget(path, signal);
    });
  }

  dropTarget(path: string, target: HttpTarget): void {
    this.#files.dropTarget(path, target);
  }

  async credentialsFrom(): Promise<string | undefined> {
    const found = await this.#api.token();
    return found && shownWithPlace(found.from, found.token.reveal());
  }

  /** Of a release its tag: an asset under it can still be replaced. */
  async revision(signal: AbortSignal): Promise<SourceRevision> {
    const { tag, publishedAt } = await this.#releaseNow(signal);
    const label = githubLabel({ ...this.#place, tag });
    const { asset } = this.#place;
    return {
      revision: tag,
      url: asset === undefined ? label : `${label}/${asset}`,
      ...(publishedAt !== undefined && { madeAt: publishedAt }),
    };
  }

  async close(): Promise<void> {
    await this.#files.close();
    this.#release.forget();
  }

  /** An asset that is gone may have been replaced by another of its name: then the release is asked for once more. */
  async #use<T>(path: string, signal: AbortSignal, act: (isNew: boolean) => Promise<T>): Promise<T> {
    checkPath(this.#place.asset ?? path);
    throwIfCancelled(signal, `asking ${this.label}`);
    const isNew = !this.#located.has(path);
    const { asset } = await this.#locate(path, signal);
    try {
      return await act(isNew);
    } catch (error) {
      if (!isModelError(error, 'SOURCE_UNAVAILABLE') || error.reason !== 'not_found') throw error;
      this.#release.forget();
      if ((await this.#locate(path, signal)).asset.id === asset.id) throw error;
      return act(false);
    }
  }

  #releaseNow(signal: AbortSignal): Promise<Release> {
    return this.#release.get(signal, () => this.#api.release(this.#place, signal));
  }

  async #locate(path: string, signal: AbortSignal): Promise<Located> {
    const release = await this.#releaseNow(signal);
    const asset = findAsset(release, this.#place.asset ?? path);
    if (asset === undefined) throw assetNotFound(this.label, this.#place.asset ?? path, release);
    this.#token = await this.#api.token();
    const located = { asset, url: this.#urlOf(asset) };
    this.#located.set(path, located);
    return located;
  }

  #urlOf({ id, downloadUrl }: Asset): URL {
    return this.#token === undefined ? nextHop(this.#api.url, downloadUrl) : this.#api.assetUrl(this.#place, id);
  }

  #known(path: string): Located {
    const located = this.#located.get(path);
    if (located === undefined) throw new Error(`${path} was not looked up before it is used`);
    return located;
  }

  async #credentialsFor(url: URL): Promise<SourceCredentials> {
    return { headers: url.origin === this.#api.url.origin ? bearer(this.#token) : {} };
  }

  #nameOf(path: string): string {
    return `${githubLabel(this.#place)}/${this.#known(path).asset.name}`;
  }

  /** Where the bytes are kept, a status means what it means everywhere. */
  #explain({ url, status, headers, bodyStart, nowMs }: RefusedAnswer): ModelError | undefined {
    if (url.origin !== this.#api.url.origin) return undefined;
    return githubError({ status, headers, bodyStart, what: this.label, tokenFrom: this.#token?.from, nowMs });
  }
}

function assetNotFound(label: string, path: string, { assets, unfinished }: Release): ModelError {
  const names = assets.map(({ name, labelPath }) => labelPath ?? name);
  const more = names.length > NAMED_ASSETS ? `, and ${names.length - NAMED_ASSETS} more` : '';
  const there = names.length === 0 ? 'it has none' : `it has ${names.slice(0, NAMED_ASSETS).join(', ')}${more}`;
  const isUnfinished = unfinished.includes(path.slice(path.lastIndexOf('/') + 1));
  return new ModelError('SOURCE_UNAVAILABLE', `${label} has no asset for ${path}: ${there}`, {
    reason: 'not_found',
    retryable: false,
    hint: isUnfinished
      ? 'an asset of this name is there, but its upload has not ended: upload it again'
      : 'upload it under this name, with `__` for each `/`, or with its path as label: gh release upload TAG "file#folder/file"',
    details: { assets: names.slice(0, NAMED_ASSETS) },
  });
}
