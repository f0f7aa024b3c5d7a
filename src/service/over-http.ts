/** The next step as whoever calls the API takes it, where that of the error is for who types commands. */
import { ERROR_CODES, type ErrorCode } from '../domain/errors.ts';

const AGAIN = 'send the same request again: it goes on where it stopped';

/** Of a code in place of its default. What only the machine's own people can mend stays as it is: a command of theirs. */
const OF_CODE: Partial<Readonly<Record<ErrorCode, string>>> = {
  MISSING_MANIFEST: 'whoever runs the service sets WAN_MODELS_MANIFEST=/path/to/models.toml, and starts it anew',
  MODEL_NOT_FOUND: 'see GET /v1/models for what there is',
  VARIANT_NOT_FOUND: 'see GET /v1/models/{id} for the variants of this model',
  COMPONENT_MISSING: 'see GET /health/models/{id} for the components of this model',
  JOB_NOT_FOUND: 'see GET /v1/jobs for those that are on record',
  SOURCE_UNAVAILABLE:
    'ask each source with GET /v1/models/{id}/sources?probe=true; the log of the service says more with log_level = "debug"',
  NETWORK_TIMEOUT: `check the network, then ${AGAIN}`,
  OFFLINE: 'whoever runs the service ends `offline` in its configuration, or brings the bytes there with `wan models import`',
  INCOMPLETE_DOWNLOAD: AGAIN,
  NO_SPACE: 'free space with POST /v1/gc, then send the same request again',
  QUOTA_EXCEEDED: 'raise the quota, or free space with POST /v1/gc',
  LOCK_TIMEOUT: 'ask again later; `wan models locks` on that machine shows who holds it',
  CONCURRENT_MODIFICATION: 'send the same request again',
  GATED: "accept the model's terms on its page, then send the same request again",
  CANCELLED: AGAIN,
};

/** Of a reason in place of whatever else is said. */
const OF_REASON: Readonly<Record<string, string>> = {
  bytes_changed: 'the sources have other bytes now than when the model was published here: a download with `force` takes those of now',
  file_not_proven: 'POST /v1/models/download makes the model complete',
  job_deaths: 'see the log of the service, and that of the system (out of memory?); then POST /v1/jobs/{id}/retry',
  model_leased: 'wait until it has ended, or remove it all the same with ?force=true',
  model_of_registry: 'DELETE /v1/models/{id} removes it, with its files',
  model_pinned: 'DELETE /v1/models/{id}/pin lets it go; ?force=true removes it all the same',
  not_complete: 'POST /v1/models/download makes it complete',
  pin_until_past: 'name a moment to come as `until`, or leave `until` out',
  queue_full: 'wait until some have ended, or cancel some: POST /v1/jobs/{id}/cancel',
  webhook_not_found: 'see GET /v1/webhooks',
  webhooks_full: 'remove one first: DELETE /v1/webhooks/{id}',
};

export const stepOf = (code: ErrorCode): string => OF_CODE[code] ?? ERROR_CODES[code].hint;

interface Told {
  readonly code: ErrorCode;
  readonly reason?: string | undefined;
  readonly hint: string;
}

/** The same error, but for its hint. */
export function overHttp<E extends Told>(error: E): E {
  const isDefault = error.hint === ERROR_CODES[error.code].hint;
  return { ...error, hint: OF_REASON[error.reason ?? ''] ?? (isDefault ? stepOf(error.code) : error.hint) };
}
