/** What GitHub means by a status that is no answer. Pure. */
import type { ModelError } from '../../domain/errors.ts';
import { waitMsAfter } from '../http/rate-limit.ts';
import { authError, rateLimitError, readerOf, type ServiceRefusal, textIn, unavailable } from '../http/service-refusal.ts';
import { excerptOf } from '../http/sniff-body.ts';

const TOKEN_HINT = 'run `wan auth login github`, or set GITHUB_TOKEN';

/** Undefined for what means the same as everywhere, and for 404, whose meaning depends on what was asked for. */
export function githubError(refusal: ServiceRefusal): ModelError | undefined {
  const { status, headers } = refusal;
  if (isRateLimit(refusal)) return rateLimited(refusal);
  if (status === 401) return unauthorized(refusal);
  if (status === 403 && headers['x-github-sso'] !== undefined) return ssoRequired(refusal);
  if (status === 403) return forbidden(refusal);
  return undefined;
}

/** GitHub says 403 for both its limits: the hourly one, and the "secondary" one against bursts. */
function isRateLimit({ status, headers, bodyStart }: ServiceRefusal): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  return headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined || /rate limit/i.test(bodyStart);
}

function rateLimited(refusal: ServiceRefusal): ModelError {
  const waitMs = waitMsAfter(refusal.headers, refusal.nowMs);
  const wait = waitMs === undefined ? '' : `; the limit ends in ${Math.ceil(waitMs / 60_000)} min`;
  return rateLimitError(`GitHub's rate limit is used up for ${refusal.what}${wait}`, refusal, {
    waitMs,
    anonymousHint: `an hour has 60 requests without a token, 5000 with one: ${TOKEN_HINT}`,
    hint: 'wait until the limit ends, or add another source to the model',
  });
}

function unauthorized({ what, tokenFrom, status }: ServiceRefusal): ModelError {
  return authError(`GitHub ${tokenFrom === undefined ? 'asks for a token' : `refuses the token of ${tokenFrom}`} for ${what}`, {
    reason: tokenFrom === undefined ? 'credentials_missing' : 'credentials_refused',
    hint:
      tokenFrom === undefined
        ? TOKEN_HINT
        : `the token of ${tokenFrom} is wrong or has ended: make a new one at https://github.com/settings/tokens`,
    details: { http_status: status },
  });
}

function ssoRequired({ what, tokenFrom, status }: ServiceRefusal): ModelError {
  return authError(`the organisation of ${what} asks for single sign-on, for which the token of ${tokenFrom} is not authorised`, {
    reason: 'sso_required',
    hint: 'open https://github.com/settings/tokens and choose "Configure SSO" beside the token',
    details: { http_status: status },
  });
}

function forbidden(refusal: ServiceRefusal): ModelError {
  const { what, bodyStart, tokenFrom, status } = refusal;
  const says = excerptOf(textIn(bodyStart, 'message'));
  return authError(`GitHub does not let ${readerOf(refusal)} read ${what}${says && `: ${says}`}`, {
    reason: tokenFrom === undefined ? 'credentials_missing' : 'credentials_refused',
    hint: tokenFrom === undefined ? TOKEN_HINT : 'give the token the permission to read the contents of the repository',
    details: { http_status: status },
  });
}

/** A repository that does not exist and one that may not be seen look the same from outside. */
export function repoNotFound(repo: string, tokenFrom: string | undefined): ModelError {
  const isHidden = tokenFrom === undefined ? 'it is private, which needs a token' : `the token of ${tokenFrom} may not see it`;
  return unavailable(`GitHub shows no repository ${repo}: there is none, or ${isHidden}`, {
    reason: 'repo_not_found',
    hint:
      tokenFrom === undefined ? `check the name; for a private repository ${TOKEN_HINT}` : 'check the name, and what the token may read',
    details: { http_status: 404 },
  });
}

/** @param tags some of the releases that there are, newest first */
export function releaseNotFound(repo: string, tag: string | undefined, tags: readonly string[]): ModelError {
  const which = tag === undefined ? 'no full release yet' : `no release with the tag ${tag}`;
  const there = tags.length === 0 ? 'it has no release at all' : `it has ${tags.join(', ')}`;
  return unavailable(`${repo} has ${which}: ${there}`, {
    reason: 'release_not_found',
    hint: tags.length === 0 ? 'a tag alone has no assets: publish a release for it' : `name one of them: github://${repo}@${tags[0]}`,
    details: { http_status: 404, releases: tags },
  });
}

/** A good status from something that is no GitHub: a log-in page, a proxy, the web site in place of the API. */
export const notGithub = (asked: string, cause?: unknown): ModelError =>
  unavailable(`${asked} does not answer as the API of GitHub does`, {
    reason: 'not_github',
    hint: 'check github_api_url (GITHUB_API_URL): of an enterprise server it is https://HOST/api/v3; a log-in page or a proxy may stand before it',
    cause,
  });
