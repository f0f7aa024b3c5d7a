/** Questions to the Hub's API, with the token that was found for it. */
import { isModelError, type ModelError } from '../../domain/errors.ts';
import type { CredentialSource, FoundToken } from '../credentials.ts';
import { decodedAnswer } from '../http/decoded-answer.ts';
import { followRedirects } from '../http/follow-redirects.ts';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { readExcerpt } from '../http/read-excerpt.ts';
import { readJson } from '../http/read-json.ts';
import { nextHop } from '../http/redirect-rules.ts';
import { statusError } from '../http/status-error.ts';
import { HubEndpoint } from './hub-endpoint.ts';
import { hubError, notTheHub } from './hub-error.ts';
import { commitOfInfo, filesOfInfo, filesOfTree, type HubListing } from './hub-listing.ts';
import { type HubPlace, hubLabel, isCommit } from './hub-url.ts';
import { ListingCache } from './listing-cache.ts';
import { nextPage } from './next-page.ts';

export interface HubApiOptions {
  readonly client: HttpClient;
  readonly credentials: CredentialSource;
  /** `https://huggingface.co`, or a mirror. */
  readonly endpoint: string;
  /** Absolute: where listings of commits are kept. Absent: nowhere. */
  readonly listingsDir?: string | undefined;
}

const ERROR_BODY_BYTES = 2048;
/** A million files. */
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
   * @throws ModelError SOURCE_UNAVAILABLE (repo_not_found, revision_not_found, repo_disabled, not_the_hub), AUTH_FAIL, GATED, RATE_LIMIT
   */
  async listing(place: HubPlace, signal: AbortSignal): Promise<HubListing> {
    const known = isCommit(place.revision) ? await this.#cache.read(place, place.revision) : undefined;
    if (known !== undefined) return known;
    const asked = this.endpoint.info(place, place.revision);
    const { document } = await this.#ask(place, asked, signal);
    const commit = commitOfInfo(document);
    if (commit === undefined) throw notTheHub(asked.origin + asked.pathname);
    const listing = { commit, files: filesOfInfo(document) ?? (await this.#tree(place, commit, signal)) };
    await this.#cache.write({ repoType: place.repoType, repoId: place.repoId }, listing);
    return listing;
  }

  /** What the Hub means by a refusal. @param what `hf://org/name/path` */
  explain(refused: Pick<RefusedByHub, 'status' | 'headers' | 'bodyStart' | 'nowMs'>, about: About): ModelError | undefined {
    const { place, tokenFrom, what } = about;
    return hubError({ ...refused, what, tokenFrom, repoId: place.repoId, revision: place.revision, page: this.endpoint.page(place) });
  }

  async #tree(place: HubPlace, commit: string, signal: AbortSignal): Promise<HubListing['files']> {
    const first = this.endpoint.tree(place, commit);
    const items: unknown[] = [];
    const seen = new Set<string>();
    for (let url: URL | undefined = first; url !== undefined; ) {
      seen.add(url.href);
      const page = await this.#ask(place, url, signal);
      if (!Array.isArray(page.document)) throw notTheHub(first.origin + first.pathname);
      for (const item of page.document) items.push(item);
      const link = nextPage(page.link);
      url = link === undefined ? undefined : nextHop(url, link);
      if (url !== undefined && (seen.has(url.href) || seen.size >= MAX_PAGES)) throw notTheHub(first.origin + first.pathname);
    }
    const files = filesOfTree(items);
    if (files === undefined) throw notTheHub(first.origin + first.pathname);
    return files;
  }

  async #ask(place: HubPlace, url: URL, signal: AbortSignal): Promise<{ readonly document: unknown; readonly link: string | undefined }> {
    const token = await this.token();
    const { answer, url: end } = await followRedirects(this.#client, {
      url,
      headers: { accept: 'application/json', 'accept-encoding': 'gzip', 'user-agent': this.#client.userAgent },
      // The address of a next page may name another host than ours: the Hub's own, behind a mirror.
      credentials: url.origin === this.endpoint.url.origin ? authorization(token) : {},
      signal,
    });
    const label = end.origin + end.pathname;
    if (answer.status !== 200) throw await this.#refusal(answer, { place, tokenFrom: token?.from, what: hubLabel(place) });
    return { document: await readDocument(decodedAnswer(answer, label), label), link: answer.headers.link };
  }

  async #refusal(answer: HttpAnswer, about: About): Promise<ModelError> {
    const bodyStart = Buffer.from(await readExcerpt(decodedAnswer(answer, about.what), ERROR_BODY_BYTES)).toString('utf8');
    const { status, headers } = answer;
    const nowMs = Date.now();
    const known = this.explain({ status, headers, bodyStart, nowMs }, about);
    if (known !== undefined) return known;
    if (status === 404) return notTheHub(this.endpoint.url.origin);
    return statusError(answer, { label: about.what, bodyStart, credentialed: about.tokenFrom !== undefined, signed: false, nowMs });
  }
}

interface RefusedByHub {
  readonly status: number;
  readonly headers: HttpAnswer['headers'];
  readonly bodyStart: string;
  readonly nowMs: number;
}

interface About {
  readonly place: HubPlace;
  readonly what: string;
  readonly tokenFrom: string | undefined;
}

export const authorization = (found: FoundToken | undefined): Record<string, string> =>
  found === undefined ? {} : { authorization: `Bearer ${found.token.reveal()}` };

/** A page instead of a document comes from something that stands before the Hub. */
async function readDocument(answer: HttpAnswer, label: string): Promise<unknown> {
  try {
    return await readJson(answer, label);
  } catch (error) {
    if (isModelError(error, 'FORMAT_INVALID')) throw notTheHub(label, error);
    throw error;
  }
}
