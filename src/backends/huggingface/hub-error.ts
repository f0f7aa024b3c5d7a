/** What the Hub means by a status that is no answer: in the order in which its own client asks. Pure. */
import { ModelError } from '../../domain/errors.ts';
import { parseRateLimit } from '../http/rate-limit.ts';
import { authError, rateLimitError, readerOf, type ServiceRefusal, textIn, unavailable } from '../http/service-refusal.ts';
import { excerptOf } from '../http/sniff-body.ts';
import { hubWaitMs } from './rate-limit.ts';
import { TREE_BOUNDS } from './tree-files.ts';

export interface HubRefusal extends ServiceRefusal {
  readonly repoId: string;
  readonly revision: string;
  /** Of the repository, for people. */
  readonly page: string;
}

const TOKEN_HINT = 'run `wan auth login hf`, or set HF_TOKEN';
const BAD_TOKEN = 'Invalid credentials in Authorization header';
const DISABLED = 'Access to this resource is disabled.';

/** Undefined for what means the same as everywhere. */
export function hubError(refusal: HubRefusal): ModelError | undefined {
  const { status } = refusal;
  if (status === 429) return rateLimited(refusal);
  const known = KNOWN_CODES.get(refusal.headers['x-error-code'] ?? '');
  if (known !== undefined) return known(refusal);
  if (saysOf(refusal).includes(DISABLED)) return disabled(refusal);
  if (status === 401) return unauthorized(refusal);
  if (status === 403) return forbidden(refusal);
  return undefined;
}

const KNOWN_CODES: ReadonlyMap<string, (refusal: HubRefusal) => ModelError> = new Map([
  ['RevisionNotFound', revisionNotFound],
  ['EntryNotFound', entryNotFound],
  ['GatedRepo', gated],
  ['RepoNotFound', repoNotFound],
]);

function rateLimited(refusal: HubRefusal): ModelError {
  const { what, headers, nowMs } = refusal;
  const waitMs = hubWaitMs(headers, nowMs);
  const limit = parseRateLimit(headers.ratelimit);
  const budget = limit?.remaining === 0 ? ` (${limit.bucket})` : '';
  const wait = waitMs === undefined ? '' : `; it lets us in again in ${Math.ceil(waitMs / 1000)} s`;
  return rateLimitError(`the Hub's rate limit${budget} is used up for ${what}${wait}`, refusal, {
    waitMs,
    anonymousHint: `accounts have a larger budget than addresses: ${TOKEN_HINT}`,
  });
}

function gated({ what, page, tokenFrom, status }: HubRefusal): ModelError {
  const isAnonymous = tokenFrom === undefined;
  const who = isAnonymous ? 'nobody without a token' : `not yet the account of ${tokenFrom}`;
  return new ModelError('GATED', `${what} is for those who accepted its terms: ${who}`, {
    reason: isAnonymous ? 'gated_without_token' : 'gated_not_granted',
    hint: `accept the terms at ${page}, ${isAnonymous ? `then ${TOKEN_HINT},` : 'wait for access where its owner has to grant it,'} and run the same command again`,
    details: { http_status: status, page },
  });
}

function revisionNotFound({ repoId, revision, page, status }: HubRefusal): ModelError {
  return unavailable(`${repoId} has no revision ${revision}`, {
    reason: 'revision_not_found',
    hint: `its branches and tags are at ${page}/tree/main; a branch with a slash is written with %2F`,
    details: { http_status: status, revision },
  });
}

function entryNotFound({ what, status }: HubRefusal): ModelError {
  return unavailable(`${what} is not there`, { reason: 'not_found', details: { http_status: status } });
}

function disabled({ repoId, page, status }: HubRefusal): ModelError {
  return unavailable(`the Hub has disabled ${repoId}`, {
    reason: 'repo_disabled',
    hint: `read why at ${page}, or add another source to the model`,
    details: { http_status: status },
  });
}

/** One that does not exist and one that may not be seen look the same from outside. */
function repoNotFound({ repoId, tokenFrom, status }: HubRefusal): ModelError {
  if (tokenFrom === undefined) return needsToken(repoId, status);
  return unavailable(`the Hub shows no repository ${repoId}: there is none, or the token of ${tokenFrom} may not see it`, {
    reason: 'repo_not_found',
    hint: 'check the name, and whether it is a dataset (hf://datasets/org/name), and what the token may read',
    details: { http_status: status },
  });
}

const needsToken = (repoId: string, status: number): ModelError =>
  authError(`the Hub shows no repository ${repoId} to those without a token: there is none, or it is private`, {
    reason: 'credentials_missing',
    hint: `check the name, and whether it is a dataset (hf://datasets/org/name); for a private repository ${TOKEN_HINT}`,
    details: { http_status: status },
  });

function unauthorized(refusal: HubRefusal): ModelError {
  const { repoId, tokenFrom, status } = refusal;
  if (tokenFrom === undefined) return needsToken(repoId, status);
  // A dead token is refused by public repositories too; without these words it is the repository that is not shown.
  if (!saysOf(refusal).includes(BAD_TOKEN)) return repoNotFound(refusal);
  return authError(`the Hub refuses the token of ${tokenFrom}: it is wrong, or has ended`, {
    reason: 'credentials_refused',
    hint: `make a new one at https://huggingface.co/settings/tokens, then ${TOKEN_HINT}; a public repository needs none: HF_HUB_DISABLE_IMPLICIT_TOKEN=1 asks without`,
    details: { http_status: status },
  });
}

function forbidden(refusal: HubRefusal): ModelError {
  const { what, tokenFrom, status } = refusal;
  const says = excerptOf(saysOf(refusal));
  const isAnonymous = tokenFrom === undefined;
  return authError(`the Hub does not let ${readerOf(refusal)} read ${what}${says && `: ${says}`}`, {
    reason: isAnonymous ? 'credentials_missing' : 'credentials_forbidden',
    hint: isAnonymous
      ? TOKEN_HINT
      : 'give the token the right to read this repository: https://huggingface.co/settings/tokens ("public gated repositories" is a right of its own)',
    details: { http_status: status },
  });
}

/** In a header, or as `{"error": "…"}`. */
const saysOf = ({ headers, bodyStart }: HubRefusal): string => headers['x-error-message'] ?? textIn(bodyStart, 'error');

/** A good status from something that is no Hub: a log-in page, a mirror's start page. */
export const notTheHub = (asked: string, cause?: unknown): ModelError =>
  unavailable(`${asked} does not answer as the Hugging Face Hub does`, {
    reason: 'not_the_hub',
    hint: 'open the URL in a browser: a log-in page or a proxy may stand before it; check hf_endpoint (HF_ENDPOINT)',
    cause,
  });

/** More than we hold in memory, or in the listings of the store. */
export const tooManyFiles = (repoId: string): ModelError =>
  unavailable(`${repoId} has more files than we list: at most ${TREE_BOUNDS.entries}, folders counted too`, {
    reason: 'repo_too_large',
    hint: 'give each file of the model a url of its own: https://huggingface.co/org/name/resolve/COMMIT/path',
  });
