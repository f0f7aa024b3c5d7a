/** Questions to the Hub's API, with the token that was found for it. */
import { isModelError, type ModelError } from '../../domain/errors.ts';
import type { CredentialSource, FoundToken } from '../credentials.ts';
import { askService } from '../http/ask-service.ts';
import type { HttpClient } from '../http/http-client.ts';
import type { HttpHeaders } from '../http/http-headers.ts';
import { nextHop } from '../http/redirect-rules.ts';
import type { ServiceRefusal } from '../http/service-refusal.ts';
import { HubEndpoint } from './hub-endpoint.ts';
import { hubError, notTheHub, tooManyFiles } from './hub-error.ts';
import { commitOfInfo, dateOfInfo, filesOfInfo, type HubListing } from './hub-listing.ts';
import { type HubPlace, hubLabel, isCommit } from './hub-url.ts';
import { ListingCache } from './listing-cache.ts';
import { nextPage } from './next-page.ts';
import { TreeFiles } from './tree-files.ts';

export interface HubApiOptions {
  readonly client: HttpClient;
  readonly credentials: CredentialSource;
  /** `https://huggingface.co`, or a mirror. */
  readonly endpoint: string;
  /** Absolute: where listings of commits are kept. Absent: nowhere. */
  readonly listingsDir?: string | undefined;
}

/** The Hub's own have up to a thousand entries: far more than the files that we take. */
const MAX_PAGES = 1000;

export class HubApi {
  readonly endpoint: HubEndpoint;
  readonly #client: HttpClient;
  readonly #credentials: CredentialSource;
  readonly #cache: ListingCache;

  constructor({ client, credentials, endpoint, listingsDir }: HubApiOptions) {
    this.endpoint = new HubEndpoint(endpoint);
    this.#client = client;
    this.#credentials = credentials;
    this.#cache = new ListingCache({ directory: listingsDir, endpoint: this.endpoint.url });
  }

  token(): Promise<FoundToken | undefined> {
    return this.#credentials.token('hf', this.endpoint.url.origin);
  }

  /**
   * All files of a revision, and the commit that it stands for: by one request, by none for a commit that is known already.
   * @throws ModelError SOURCE_UNAVAILABLE (repo_not_found, revision_not_found, repo_disabled, repo_too_large, not_the_hub), AUTH_FAIL, GATED, RATE_LIMIT
   */
  async listing(place: HubPlace, signal: AbortSignal): Promise<HubListing> {
    const known = isCommit(place.revision) ? await this.#cache.read(place, place.revision) : undefined;
    if (known !== undefined) return known;
    const asked = this.endpoint.info(place, place.revision);
    const { document } = await this.#ask(place, asked, signal);
    const commit = commitOfInfo(document);
    if (commit === undefined) throw notTheHub(asked.origin + asked.pathname);
    const madeAt = dateOfInfo(document);
    const files = filesOfInfo(document) ?? (await this.#tree(place, commit, signal));
    const listing = { commit, files, ...(madeAt !== undefined && { madeAt }) };
    await this.#cache.write({ repoType: place.repoType, repoId: place.repoId }, listing);
    return listing;
  }

  /** What the Hub means by a refusal: its `what` is `hf://org/name/path`. */
  explain(refusal: ServiceRefusal, place: HubPlace): ModelError | undefined {
    return hubError({ ...refusal, repoId: place.repoId, revision: place.revision, page: this.endpoint.page(place) });
  }

  /** Page by page: what is held is what the files are, and that is bounded. */
  async #tree(place: HubPlace, commit: string, signal: AbortSignal): Promise<HubListing['files']> {
    const first = this.endpoint.tree(place, commit);
    const tree = new TreeFiles();
    const seen = new Set<string>();
    for (let url: URL | undefined = first; url !== undefined; ) {
      seen.add(url.href);
      const { document, headers } = await this.#ask(place, url, signal);
      if (!Array.isArray(document) || !tree.add(document)) throw notTheHub(first.origin + first.pathname);
      const link = nextPage(headers.link);
      url = link === undefined ? undefined : nextHop(url, link);
      if (url !== undefined && seen.has(url.href)) throw notTheHub(first.origin + first.pathname);
      if (tree.isTooLarge || (url !== undefined && seen.size >= MAX_PAGES)) throw tooManyFiles(place.repoId);
    }
    return tree.files;
  }

  async #ask(place: HubPlace, url: URL, signal: AbortSignal): Promise<{ readonly document: unknown; readonly headers: HttpHeaders }> {
    return askService(this.#client, {
      url,
      headers: { accept: 'application/json' },
      // The address of a next page may name another host than ours: the Hub's own, behind a mirror.
      token: url.origin === this.endpoint.url.origin ? await this.token() : undefined,
      signal,
      what: hubLabel(place),
      explain: (refusal) => this.explain(refusal, place) ?? (refusal.status === 404 ? notTheHub(this.endpoint.url.origin) : undefined),
      notTheService: (asked, cause) => (isTooLong(cause) ? tooManyFiles(place.repoId) : notTheHub(asked, cause)),
    });
  }
}

const isTooLong = (cause: unknown): boolean => isModelError(cause, 'FORMAT_INVALID') && cause.reason === 'json_too_long';
