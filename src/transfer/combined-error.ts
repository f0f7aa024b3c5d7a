/** One error out of many failed sources. */
import { type Attempt, type ErrorCode, ModelError, type ModelErrorOptions } from '../domain/errors.ts';
import { describeExpected, isRecorded } from './expected.ts';
import type { Expected } from './transfer.ts';

export interface FailedSource {
  readonly label: string;
  readonly error: ModelError;
}

export interface FailureFacts {
  /** Path inside the model. */
  readonly file: string;
  readonly expected?: Expected | undefined;
  /** Label -> digest of the whole file as that source gave it. */
  readonly liars: ReadonlyMap<string, string>;
  readonly failed: readonly FailedSource[];
  readonly attempts: readonly Attempt[];
}

/** The code that tells most comes first; every other one follows as it came. */
const TELLING: readonly ErrorCode[] = [
  'CHECKSUM_FAIL',
  'SIZE_MISMATCH',
  'GATED',
  'AUTH_FAIL',
  'TLS_UNTRUSTED',
  'FORMAT_INVALID',
  'DRIFT',
  'RATE_LIMIT',
  'INCOMPLETE_DOWNLOAD',
  'NETWORK_TIMEOUT',
];

export function combinedError(facts: FailureFacts): ModelError {
  const { file, failed, liars, attempts } = facts;
  if (liars.size > 0) return checksumError(facts);
  const [worst] = [...failed].sort((a, b) => telling(a.error.code) - telling(b.error.code));
  if (worst === undefined) return new ModelError('SOURCE_UNAVAILABLE', `${file} has no source`, { reason: 'no_source', details: { file } });
  const { error } = worst;
  const message =
    failed.length === 1
      ? `cannot fetch ${file}: ${error.message}`
      : `cannot fetch ${file} from any of its ${failed.length} sources; ${worst.label}: ${withoutLabel(worst)}`;
  return new ModelError(error.code, message, {
    ...(error.reason !== undefined && { reason: error.reason }),
    hint: error.hint,
    attempts: alikeTogether(attempts),
    cause: error,
    details: { ...error.details, file },
    retryable: failed.some((source) => source.error.retryable),
  });
}

function checksumError({ file, expected, liars, failed, attempts }: FailureFacts): ModelError {
  const found = [...new Set(liars.values())].join(', ');
  const silent = failed.filter(({ label }) => !liars.has(label)).length;
  const others = silent === 0 ? '' : `; ${silent} other ${silent === 1 ? 'source' : 'sources'} failed`;
  if (expected === undefined) throw new Error('bytes are wrong only where it is known what they should be');
  return new ModelError(
    'CHECKSUM_FAIL',
    `${file} is wrong at every source that gave it: expected ${describeExpected(expected)}, found ${found}${others}`,
    {
      attempts: alikeTogether(attempts),
      ...hintFor(expected),
      details: { file, ...detailsOf(expected), found: Object.fromEntries(liars) },
    },
  );
}

const detailsOf = ({ digest, level, publishedBy }: Expected): Readonly<Record<string, string>> => ({
  expected: digest.hex,
  algorithm: digest.algorithm,
  proof: level,
  ...(publishedBy !== undefined && { published_by: publishedBy }),
});

/** The manifest has nothing to correct where it says nothing. */
function hintFor(expected: Expected): Pick<ModelErrorOptions, 'reason' | 'hint'> {
  const { publishedBy } = expected;
  if (publishedBy !== undefined)
    return { hint: `${publishedBy} publishes the digest of other bytes: correct the sources, or name the sha256 in the manifest` };
  if (!isRecorded(expected)) return {};
  return {
    reason: 'bytes_changed',
    hint: 'the sources have other bytes now than when the model was published here: `--force` takes those of now',
  };
}

/** Many messages begin with it. */
const withoutLabel = ({ label, error: { message } }: FailedSource): string =>
  message.startsWith(`${label}: `) ? message.slice(label.length + 2) : message;

/** In the order in which they were first made. */
function alikeTogether(attempts: readonly Attempt[]): Attempt[] {
  const alike = Map.groupBy(attempts, ({ source, code, message }) => JSON.stringify([source, code, message]));
  return [...alike.values()].flatMap(([first, ...more]) =>
    first === undefined ? [] : [more.length === 0 ? first : { ...first, times: more.length + 1 }],
  );
}

function telling(code: ErrorCode): number {
  const at = TELLING.indexOf(code);
  return at < 0 ? TELLING.length : at;
}
