/**
 * The one error class and its closed table. A plain Error anywhere in the product means a bug; whatever a user or a
 * machine can cause is a ModelError.
 */

interface CodeTraits {
  /** Process exit status. */
  readonly exitCode: number;
  readonly httpStatus: number;
  /** Whether the same request can succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** The next step, where the thrower has no better one. */
  readonly hint: string;
}

const traits = (exitCode: number, httpStatus: number, retryable: boolean, hint: string): CodeTraits => ({
  exitCode,
  httpStatus,
  retryable,
  hint,
});

/** code -> exit status, HTTP status, retryable, default next step. docs/errors.md is tested to equal this table. */
export const ERROR_CODES = {
  INVALID_CONFIG: traits(2, 500, false, 'see `wan config show` for what is configured and from where'),
  MISSING_MANIFEST: traits(2, 500, false, 'set WAN_MODELS_MANIFEST=/path/to/models.toml, or pass --manifest'),
  SCHEMA_VERSION_MISMATCH: traits(2, 500, false, 'install a wan-models that reads this schema version'),
  MANIFEST_INVALID: traits(2, 500, false, 'correct the lines named above, then run `wan models validate`'),
  LOCKFILE_STALE: traits(2, 409, false, 'run `wan models lock` and commit the result'),
  INVALID_MODEL_ID: traits(2, 400, false, 'write name@version or name@version@variant'),
  INVALID_INPUT: traits(2, 400, false, 'correct the value named above'),
  MODEL_NOT_FOUND: traits(3, 404, false, 'see `wan models list` for what the manifest defines'),
  VARIANT_NOT_FOUND: traits(3, 404, false, 'see `wan models show REF` for the variants of this model'),
  JOB_NOT_FOUND: traits(3, 404, false, 'see `wan models jobs` for those that are on record'),
  COMPONENT_MISSING: traits(3, 404, false, 'see `wan models show REF` for the components of this model'),
  SOURCE_UNAVAILABLE: traits(
    4,
    502,
    true,
    'check that it can be reached from here: `wan models sources REF --probe` asks each source of a model',
  ),
  NETWORK_TIMEOUT: traits(4, 504, true, 'check the network, then run the same command again: it goes on where it stopped'),
  RATE_LIMIT: traits(4, 429, true, 'wait, or add another source to the model'),
  OFFLINE: traits(4, 503, false, 'run again without --offline, or bring the bytes here with `wan models import`'),
  TLS_UNTRUSTED: traits(4, 502, false, 'add your CA for the one origin (origin_ca_files), or with NODE_EXTRA_CA_CERTS=/path/to/ca.pem'),
  DRIFT: traits(5, 409, false, 'run `wan models diff` to see what changed, then `wan models update` to accept it'),
  SIGNATURE_INVALID: traits(5, 403, false, 'check where the manifest came from'),
  CHECKSUM_FAIL: traits(5, 502, false, 'the sources disagree with the manifest: check the digest there, or the sources'),
  SIZE_MISMATCH: traits(5, 502, false, 'the sources disagree with the manifest: check the size there, or the sources'),
  INCOMPLETE_DOWNLOAD: traits(5, 502, true, 'run the same command again: it goes on where it stopped'),
  FORMAT_INVALID: traits(5, 422, false, 'the file is not what its name says: check the source'),
  DECRYPT_FAIL: traits(5, 403, false, 'check the key'),
  NO_SPACE: traits(6, 507, false, 'free space with `wan models gc`, then run the same command again'),
  QUOTA_EXCEEDED: traits(6, 507, false, 'raise the quota, or free space with `wan models gc`'),
  LOCK_TIMEOUT: traits(7, 423, true, 'see `wan models locks` for who holds it, or raise lock_timeout'),
  CONCURRENT_MODIFICATION: traits(7, 409, true, 'run the same command again'),
  AUTH_FAIL: traits(8, 424, false, 'run `wan auth login`, or set the token of the source'),
  GATED: traits(8, 403, false, "accept the model's terms on its page, then run the same command again"),
  PERMISSION_DENIED: traits(9, 500, false, 'check owner and mode of the path named above'),
  PATH_TOO_LONG: traits(9, 400, false, 'use a shorter MODELS_ROOT'),
  PATH_UNSAFE: traits(9, 400, false, 'remove the link or odd file named above'),
  FILESYSTEM_ERROR: traits(9, 500, false, 'run `wan doctor` to probe this file system'),
  READ_ONLY: traits(9, 500, false, 'mount the volume writable, or choose another MODELS_ROOT'),
  CANCELLED: traits(130, 499, true, 'run the same command again: it goes on where it stopped'),
  NOT_IMPLEMENTED: traits(1, 501, false, 'see CHANGELOG.md for what this version can do'),
  INTERNAL: traits(1, 500, false, 'this is a bug in wan-models: please report it with the text above'),
} as const satisfies Record<string, CodeTraits>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The closed set as values, for callers who compare: `error.code === ErrorCode.NO_SPACE`. */
export const ErrorCode = Object.fromEntries(Object.keys(ERROR_CODES).map((code) => [code, code])) as { readonly [Code in ErrorCode]: Code };

/** One try at one source, as told to the user when every source failed. Never holds a secret: `source` is redacted. */
export interface Attempt {
  /** Redacted source URL. */
  readonly source: string;
  /** Path inside the model, where the attempt was for one file. */
  readonly file?: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** How often the source failed in just this way; absent: once. */
  readonly times?: number;
}

export interface ModelErrorOptions {
  /** A stable finer word than the code, snake_case: `path_reserved`. */
  readonly reason?: string;
  /** The next step for the reader; the code's default where absent. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly attempts?: readonly Attempt[];
  /** Numbers and names for programs, snake_case keys: bytes_needed, expected, found, … */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryable?: boolean;
}

/** What every wire format shows of an error. */
export interface ErrorDocument {
  readonly code: ErrorCode;
  readonly reason?: string;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
  readonly attempts?: readonly Attempt[];
  readonly details?: Readonly<Record<string, unknown>>;
}

export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ErrorCode;
  readonly reason: string | undefined;
  readonly hint: string;
  readonly attempts: readonly Attempt[];
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: ModelErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.reason = options.reason;
    this.hint = options.hint ?? ERROR_CODES[code].hint;
    this.attempts = options.attempts ?? [];
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? ERROR_CODES[code].retryable;
  }

  /** The same error, but for what is given. */
  with(changes: ModelErrorOptions): ModelError {
    const { reason, hint, cause, attempts, details, retryable } = this;
    return new ModelError(this.code, this.message, {
      ...(reason !== undefined && { reason }),
      ...{ hint, cause, attempts, details, retryable },
      ...changes,
    });
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exitCode;
  }

  get httpStatus(): number {
    return ERROR_CODES[this.code].httpStatus;
  }

  toJSON(): ErrorDocument {
    return {
      code: this.code,
      ...(this.reason !== undefined && { reason: this.reason }),
      message: this.message,
      hint: this.hint,
      retryable: this.retryable,
      ...(this.attempts.length > 0 && { attempts: this.attempts }),
      ...(Object.keys(this.details).length > 0 && { details: this.details }),
    };
  }
}

export const isModelError = (error: unknown, code?: ErrorCode): error is ModelError =>
  error instanceof ModelError && (code === undefined || error.code === code);

/** Any thrown value as a ModelError: a ModelError as it is, everything else as INTERNAL with its cause kept. */
export function asModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ModelError('INTERNAL', message, { cause: error });
}
