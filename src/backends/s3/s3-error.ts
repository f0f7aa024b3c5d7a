/** What S3 means by a refusal: its own code first, the status where it gives none. Pure. */
import { type ErrorCode, ModelError } from '../../domain/errors.ts';
import { formatDuration } from '../../util/format-duration.ts';
import type { RefusedAnswer } from '../http/http-backend.ts';
import { parseRetryAfterMs } from '../http/retry-after.ts';
import { excerptOf } from '../http/sniff-body.ts';
import { xmlText } from './s3-xml.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

const meaning = (code: ErrorCode, reason: string, hint: string, retryable?: boolean): Meaning => ({
  code,
  reason,
  hint,
  ...(retryable !== undefined && { retryable }),
});

const REGION_HINT = 'set s3_region (or AWS_REGION) to the region of the bucket';
const KEY_HINT = 'check the access key: `wan auth login s3`, AWS_ACCESS_KEY_ID or the profile';
const TOKEN_HINT = 'get new temporary credentials, for example with `aws sso login`, then run the same command again';

const DENIED = meaning(
  'AUTH_FAIL',
  'access_denied',
  'allow s3:GetObject and s3:ListBucket for these credentials (without s3:ListBucket a missing key looks like this too); where the requester pays set s3_requester_pays = true',
);
const ANONYMOUS_DENIED = meaning('AUTH_FAIL', 'access_denied', 'the bucket is not public: unset s3_anonymous, and give credentials');
const NO_ACCOUNT = meaning('AUTH_FAIL', 'account_problem', 'the account is not allowed to use the service: ask its owner');
const KEY_UNKNOWN = meaning('AUTH_FAIL', 'key_unknown', `${KEY_HINT}; keys belong to one service: s3_endpoint_url says which`);
const SIGNATURE_WRONG = meaning('AUTH_FAIL', 'signature_wrong', `the secret key is not that of the access key: ${KEY_HINT}`);
const TOKEN_EXPIRED = meaning('AUTH_FAIL', 'token_expired', TOKEN_HINT);
const TOKEN_INVALID = meaning(
  'AUTH_FAIL',
  'token_invalid',
  `the session token (AWS_SESSION_TOKEN) is wrong, has ended, is missing, or is set beside keys that need none: ${TOKEN_HINT}`,
);
const CLOCK_SKEWED = meaning('AUTH_FAIL', 'clock_skewed', "set this machine's clock, for example with `timedatectl set-ntp true`");
const REGION_WRONG = meaning('SOURCE_UNAVAILABLE', 'region_wrong', REGION_HINT, false);
const ARCHIVED = meaning(
  'SOURCE_UNAVAILABLE',
  'archived',
  'the object lies in an archive: restore it with `aws s3api restore-object`, and run again when that is done',
  false,
);
const NO_OBJECT = meaning('SOURCE_UNAVAILABLE', 'not_found', 'check bucket and key of the source in the manifest', false);
const NO_VERSION = meaning('SOURCE_UNAVAILABLE', 'not_found', 'check the versionId of the source in the manifest', false);
const NO_UPLOAD = meaning('SOURCE_UNAVAILABLE', 'upload_gone', 'run the same command again: it begins the upload anew', false);
const NO_BUCKET = meaning('SOURCE_UNAVAILABLE', 'bucket_not_found', 'check the bucket of the source, and s3_endpoint_url', false);
const SLOW_DOWN = meaning('RATE_LIMIT', 'slow_down', 'wait, lower `connections`, or add another source to the model');
const TIMED_OUT = meaning('NETWORK_TIMEOUT', 'request_timeout', 'check the network, then run the same command again');

const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['AccessDenied', DENIED],
  ['AllAccessDisabled', NO_ACCOUNT],
  ['AccountProblem', NO_ACCOUNT],
  ['NotSignedUp', NO_ACCOUNT],
  ['InvalidAccessKeyId', KEY_UNKNOWN],
  ['SignatureDoesNotMatch', SIGNATURE_WRONG],
  ['ExpiredToken', TOKEN_EXPIRED],
  ['ExpiredTokenException', TOKEN_EXPIRED],
  ['TokenRefreshRequired', TOKEN_EXPIRED],
  ['InvalidToken', TOKEN_INVALID],
  ['InvalidTokenId', TOKEN_INVALID],
  ['RequestTimeTooSkewed', CLOCK_SKEWED],
  ['RequestExpired', CLOCK_SKEWED],
  ['AuthorizationHeaderMalformed', REGION_WRONG],
  ['PermanentRedirect', REGION_WRONG],
  ['TemporaryRedirect', REGION_WRONG],
  ['InvalidRegion', REGION_WRONG],
  ['IllegalLocationConstraintException', REGION_WRONG],
  ['InvalidObjectState', ARCHIVED],
  ['NoSuchKey', NO_OBJECT],
  ['NoSuchVersion', NO_VERSION],
  ['NoSuchUpload', NO_UPLOAD],
  ['NoSuchBucket', NO_BUCKET],
  ['InvalidBucketName', NO_BUCKET],
  ['SlowDown', SLOW_DOWN],
  ['SlowDownRead', SLOW_DOWN],
  ['ServiceUnavailable', SLOW_DOWN],
  ['TooManyRequests', SLOW_DOWN],
  ['RequestLimitExceeded', SLOW_DOWN],
  ['BandwidthLimitExceeded', SLOW_DOWN],
  ['Throttling', SLOW_DOWN],
  ['ThrottlingException', SLOW_DOWN],
  ['ThrottledException', SLOW_DOWN],
  ['RequestThrottled', SLOW_DOWN],
  ['RequestThrottledException', SLOW_DOWN],
  ['RequestTimeout', TIMED_OUT],
]);

/** For a refusal that is none of S3's own. */
export const NOT_S3_HINT = 'it does not speak as S3 does: check s3_endpoint_url, and what may stand before it';

export interface AskedAs {
  /** What the request was signed for. */
  readonly region: string;
  readonly anonymous: boolean;
  /** Why it was asked without keys that may be there. */
  readonly withheld?: string | undefined;
  /** Where the keys were found that it was signed with, for people. */
  readonly keysFrom?: string | undefined;
}

/** A region becomes part of the name of the host that is asked next, with our signature: nothing but a region passes. */
const regionOf = (told: string | undefined): string | undefined => /^[a-z0-9-]{1,63}$/.exec(told ?? '')?.[0];

/** @returns undefined where nothing is known that the status alone does not say */
export function s3Error(refused: RefusedAnswer, asked: AskedAs): ModelError | undefined {
  const { status, headers, bodyStart, label } = refused;
  const s3Code = /^[A-Za-z]{1,64}$/.exec(xmlText(bodyStart, 'Code') ?? '')?.[0] ?? '';
  const region = regionOf(headers['x-amz-bucket-region']) ?? regionOf(xmlText(bodyStart, 'Region'));
  const meant = meaningOf(refused, s3Code, region, asked);
  if (meant === undefined) return undefined;
  const skewMs = meant === CLOCK_SKEWED ? clockSkewMs(refused) : undefined;
  const retryAfterMs = parseRetryAfterMs(headers['retry-after'], refused.nowMs);
  const says = [s3Code || `status ${status}`, excerptOf(xmlText(bodyStart, 'Message') ?? '')].filter(Boolean).join(': ');
  return new ModelError(meant.code, `${label} ${sentence(meant, asked, { region, skewMs })} (${says})`, {
    reason: meant.reason,
    hint: meant === REGION_WRONG && region !== undefined ? `set s3_region = "${region}" (or AWS_REGION=${region})` : meant.hint,
    ...(meant.retryable !== undefined && { retryable: meant.retryable }),
    details: {
      http_status: status,
      ...(s3Code !== '' && { s3_code: s3Code }),
      ...(region !== undefined && { region }),
      ...(skewMs !== undefined && { clock_skew_ms: skewMs }),
      ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
    },
  });
}

function meaningOf(
  { status, headers, bodyStart }: RefusedAnswer,
  s3Code: string,
  region: string | undefined,
  asked: AskedAs,
): Meaning | undefined {
  if (asked.withheld !== undefined && (status === 401 || status === 403))
    return meaning('AUTH_FAIL', 'credentials_withheld', asked.withheld);
  if (s3Code === 'AccessDenied' && asked.anonymous) return ANONYMOUS_DENIED;
  if (status === 405 && headers['x-amz-delete-marker'] === 'true') return NO_VERSION;
  // An HEAD has no body, and some services say only in a header which region it should have been.
  if (status !== 403 && status !== 404 && region !== undefined && region !== asked.region && status < 500) return REGION_WRONG;
  if (s3Code === 'InvalidArgument' && /version id/i.test(bodyStart)) return NO_VERSION;
  const known = MEANINGS.get(s3Code);
  if (known !== undefined) return known;
  return status === 503 || status === 429 ? SLOW_DOWN : undefined;
}

/** By how much the service's clock is ahead of ours; undefined where it does not tell its time. */
function clockSkewMs({ headers, bodyStart, nowMs }: RefusedAnswer): number | undefined {
  const theirs = Date.parse(xmlText(bodyStart, 'ServerTime') ?? headers.date ?? '');
  return Number.isNaN(theirs) ? undefined : theirs - nowMs;
}

interface Measured {
  readonly region: string | undefined;
  readonly skewMs: number | undefined;
}

function sentence(meant: Meaning, asked: AskedAs, { region, skewMs }: Measured): string {
  switch (meant) {
    case REGION_WRONG:
      return region === undefined ? `is not in the region ${asked.region}` : `is in the region ${region}, not in ${asked.region}`;
    case CLOCK_SKEWED:
      return skewMs === undefined
        ? "refuses the time of this machine's clock"
        : `refuses the time: this machine's clock is ${formatDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'behind' : 'ahead'}`;
    case ARCHIVED:
      return 'is archived and cannot be read as it is';
    case NO_BUCKET:
      return 'cannot be read: there is no such bucket';
    case NO_OBJECT:
    case NO_VERSION:
      return 'is not there';
    case NO_UPLOAD:
      return 'has no such upload any more';
    case SLOW_DOWN:
      return 'is asked too often';
    default:
      if (asked.withheld !== undefined) return 'cannot be read by anybody, and your keys were not used';
      return meant.code === 'AUTH_FAIL' && asked.keysFrom !== undefined
        ? `cannot be read with the keys of ${asked.keysFrom}`
        : 'cannot be read';
  }
}
