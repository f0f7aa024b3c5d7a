/** Questions to GitHub's REST API (docs.github.com/rest/releases), with the token that was found for it. */
import { isModelError, type ModelError } from '../../domain/errors.ts';
import type { CredentialSource, FoundToken } from '../credentials.ts';
import { askService } from '../http/ask-service.ts';
import type { HttpClient } from '../http/http-client.ts';
import { asTable } from '../json-table.ts';
import { githubError, notGithub, releaseNotFound, repoNotFound } from './github-error.ts';
import { type GithubPlace, githubLabel } from './github-url.ts';
import { parseRelease, type Release } from './release.ts';

const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };
/** As many as fit into an error message. */
const NAMED_RELEASES = 10;

export interface GithubApiOptions {
  readonly client: HttpClient;
  readonly credentials: CredentialSource;
  /** Without a trailing slash. */
  readonly apiUrl: string;
}

export class GithubApi {
  readonly url: URL;
  readonly #client: HttpClient;
  readonly #credentials: CredentialSource;

  constructor({ client, credentials, apiUrl }: GithubApiOptions) {
    this.url = new URL(apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`);
    this.#client = client;
    this.#credentials = credentials;
  }

  token(): Promise<FoundToken | undefined> {
    return this.#credentials.token('github', this.url.origin);
  }

  assetUrl({ owner, repo }: GithubPlace, assetId: number): URL {
    return new URL(`repos/${owner}/${repo}/releases/assets/${assetId}`, this.url);
  }

  /** @throws ModelError SOURCE_UNAVAILABLE (release_not_found, repo_not_found, not_github), AUTH_FAIL, RATE_LIMIT */
  async release(place: GithubPlace, signal: AbortSignal): Promise<Release> {
    const which = place.tag === undefined ? 'latest' : `tags/${encodeURIComponent(place.tag)}`;
    try {
      const release = parseRelease(await this.#ask(place, `releases/${which}`, signal));
      if (release === undefined) throw notGithub(this.url.origin + this.url.pathname);
      return release;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw await this.#explainMissing(place, signal);
    }
  }

  /** 404 is said for a tag and for a repository: its other releases tell which. */
  async #explainMissing(place: GithubPlace, signal: AbortSignal): Promise<ModelError> {
    const repo = `${place.owner}/${place.repo}`;
    try {
      const releases = await this.#ask(place, `releases?per_page=${NAMED_RELEASES}`, signal);
      return releaseNotFound(repo, place.tag, tagsOf(releases));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return repoNotFound(repo, (await this.token())?.from);
    }
  }

  async #ask(place: GithubPlace, path: string, signal: AbortSignal): Promise<unknown> {
    const { document } = await askService(this.#client, {
      url: new URL(`repos/${place.owner}/${place.repo}/${path}`, this.url),
      headers: HEADERS,
      token: await this.token(),
      signal,
      what: githubLabel(place),
      explain: githubError,
      notTheService: notGithub,
    });
    return document;
  }
}

/** Those of a list that have one. */
function tagsOf(releases: unknown): string[] {
  const tags = Array.isArray(releases) ? releases.map((release) => asTable(release).tag_name) : [];
  return tags.filter((tag) => typeof tag === 'string').slice(0, NAMED_RELEASES);
}

const isNotFound = (error: unknown): boolean => isModelError(error, 'SOURCE_UNAVAILABLE') && error.reason === 'not_found';
