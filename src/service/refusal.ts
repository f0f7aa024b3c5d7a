/** What the service itself refuses, before or beside the verbs: each with its status, in one table, which /reference shows. */
import { type ErrorCode, ModelError, type ModelErrorOptions } from '../domain/errors.ts';
import { httpStatusOf } from '../domain/http-status.ts';

interface RefusalTraits {
  readonly code: ErrorCode;
  readonly status: number;
  /** The next step, where the thrower has no better one. */
  readonly hint: string;
}

const traits = (code: ErrorCode, status: number, hint: string): RefusalTraits => ({ code, status, hint });

export const REFUSALS = {
  request_malformed: traits('INVALID_INPUT', 400, 'send a request that /openapi.json allows'),
  request_invalid: traits('INVALID_INPUT', 400, 'correct the values named in `details.problems`; /openapi.json has what is allowed'),
  body_malformed: traits('INVALID_INPUT', 400, 'send one JSON object, or no body and no content type'),
  token_missing: traits('AUTH_FAIL', 401, 'send `Authorization: Bearer TOKEN`; `wan auth token create` makes one'),
  token_unknown: traits('AUTH_FAIL', 401, 'see `wan auth token list` for those that there are'),
  token_expired: traits('AUTH_FAIL', 401, 'make a new one with `wan auth token create`'),
  token_unusable: traits('AUTH_FAIL', 401, 'whoever runs the service finds in its log what is wrong with it'),
  scope_missing: traits('AUTH_FAIL', 403, 'use a token with the scope named above: `wan auth token create NAME --scope …`'),
  origin_refused: traits('INVALID_INPUT', 403, 'call the service from a page of its own, or from a program that is no browser'),
  route_unknown: traits('INVALID_INPUT', 404, 'see /openapi.json for what there is'),
  source_not_taken: traits(
    'INVALID_INPUT',
    400,
    'upload the bytes (POST /v1/uploads), or name `files` with path, url, size and sha256 of each',
  ),
  request_timeout: traits('NETWORK_TIMEOUT', 408, 'send the whole request sooner'),
  plan_unknown: traits('CONCURRENT_MODIFICATION', 409, 'ask for a new plan, and run that'),
  idempotency_under_way: traits('CONCURRENT_MODIFICATION', 409, 'wait a moment, and send the same request again'),
  idempotency_answer_gone: traits(
    'INVALID_INPUT',
    409,
    'look at what it has changed; its correlation_id finds it in the log and the audit log',
  ),
  body_too_large: traits('INVALID_INPUT', 413, 'send less'),
  url_too_long: traits('INVALID_INPUT', 414, 'ask for a model or file by the name that /v1/models tells'),
  media_type_unknown: traits('INVALID_INPUT', 415, 'send `Content-Type: application/json`'),
  range_invalid: traits('INVALID_INPUT', 416, 'ask for bytes that the file has'),
  host_refused: traits('INVALID_INPUT', 421, 'call the service by its address, or add the name to api_hosts'),
  idempotency_key_reused: traits(
    'INVALID_INPUT',
    422,
    'make a new key for each request, and send the same one only when the same request is sent again',
  ),
  too_many_requests: traits('RATE_LIMIT', 429, 'wait as long as `Retry-After` says'),
  headers_too_large: traits('INVALID_INPUT', 431, 'send fewer or shorter headers'),
  file_system_silent: traits('FILESYSTEM_ERROR', 503, 'ask again; whoever runs the machine looks at its mounts: one of them hangs'),
  stopping: traits('CANCELLED', 503, 'ask again when the service has started anew'),
} as const satisfies Record<string, RefusalTraits>;

export type RefusalReason = keyof typeof REFUSALS;

/** An error that is answered with the status of its reason. */
export class Refusal extends ModelError {
  readonly status: number;

  constructor(reason: RefusalReason, message: string, options: Omit<ModelErrorOptions, 'reason'> = {}) {
    const { code, status, hint } = REFUSALS[reason];
    super(code, message, { reason, hint, ...options });
    this.status = status;
  }
}

/** Of every error that can be answered. */
export const statusOf = (error: ModelError): number => (error instanceof Refusal ? error.status : httpStatusOf(error));
