/** Questions to GitHub's REST API (docs.github.com/rest/releases), with the token that was found for it. */
import { isModelError, type ModelError } from '../../domain/errors.ts';
import type { CredentialSource, FoundToken } from '../credentials.ts';
import { decodedAnswer } from '../http/decoded-answer.ts';
import { followRedirects } from '../http/follow-redirects.ts';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { readExcerpt } from '../http/read-excerpt.ts';
import { readJson } from '../http/read-json.ts';
import { statusError } from '../http/status-error.ts';
import { githubError, releaseNotFound, repoNotFound } from './github-error.ts';
import { type GithubPlace, githubLabel } from './github-url.ts';
import { parseRelease, type Release } from './release.ts';

const VERSION_HEADERS = { 'x-github-api-version': '2022-11-28' };
const ERROR_BODY_BYTES = 2048;
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

  /** @throws ModelError SOURCE_UNAVAILABLE (release_not_found, repo_not_found), AUTH_FAIL, RATE_LIMIT */
  async release(place: GithubPlace, signal: AbortSignal): Promise<Release> {
    const label = githubLabel(place);
    const which = place.tag === undefined ? 'latest' : `tags/${encodeURIComponent(place.tag)}`;
    try {
      return parseRelease(await this.#ask(place, `releases/${which}`, signal), label);
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
      const tags = Array.isArray(releases) ? releases.map((release: { tag_name?: unknown }) => String(release.tag_name)) : [];
      return releaseNotFound(repo, place.tag, tags);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return repoNotFound(repo, (await this.token())?.from);
    }
  }

  async #ask(place: GithubPlace, path: string, signal: AbortSignal): Promise<unknown> {
    const token = await this.token();
    const url = new URL(`repos/${place.owner}/${place.repo}/${path}`, this.url);
    const { answer: sent } = await followRedirects(this.#client, {
      url,
      headers: {
        ...VERSION_HEADERS,
        accept: 'application/vnd.github+json',
        'accept-encoding': 'gzip',
        'user-agent': this.#client.userAgent,
      },
      credentials: authorization(token),
      signal,
    });
    const label = url.origin + url.pathname;
    const answer = decodedAnswer(sent, label);
    if (answer.status !== 200) throw await this.#refusal(answer, place, token);
    return readJson(answer, label);
  }

  async #refusal(answer: HttpAnswer, place: GithubPlace, token: FoundToken | undefined): Promise<ModelError> {
    const bodyStart = Buffer.from(await readExcerpt(answer, ERROR_BODY_BYTES)).toString('utf8');
    const what = githubLabel(place);
    const nowMs = Date.now();
    const { status, headers } = answer;
    const known = githubError({ status, headers, bodyStart, what, tokenFrom: token?.from, nowMs });
    return known ?? statusError(answer, { label: what, bodyStart, credentialed: token !== undefined, signed: false, nowMs });
  }
}

export const authorization = (found: FoundToken | undefined): Record<string, string> =>
  found === undefined ? {} : { authorization: `Bearer ${found.token.reveal()}` };

const isNotFound = (error: unknown): boolean => isModelError(error, 'SOURCE_UNAVAILABLE') && error.reason === 'not_found';
