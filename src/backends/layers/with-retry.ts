/** A backend whose stat, list and open try again by themselves. Bodies that break are the reader's to open anew. */
import { cancelledError } from '../../domain/cancelled.ts';
import { isModelError, type ModelError } from '../../domain/errors.ts';
import type { Clock, Random } from '../../domain/world.ts';
import { type RetryPolicy, type RetryVerdict, retry } from '../../util/retry.ts';
import {
  isCredentialed,
  isHttpReachable,
  isLocallyReadable,
  isPublishing,
  isRevisioned,
  type RemoteFile,
  type StorageBackend,
} from '../backend.ts';

export interface BackendRetry {
  /** Redacted label of the source. */
  readonly source: string;
  /** Absent for a listing. */
  readonly file?: string;
  readonly attempt: number;
  readonly delayMs: number;
  /** The error's reason, or its code. */
  readonly reason: string;
  readonly error: ModelError;
}

export interface WithRetryOptions {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly onRetry?: (retry: BackendRetry) => void;
}

/** Only what is retryable; a wait that the source asked for is kept. */
export function judgeModelError(error: unknown): RetryVerdict {
  if (!isModelError(error) || !error.retryable || error.code === 'CANCELLED') return false;
  const afterMs = error.details.retry_after_ms;
  return typeof afterMs === 'number' ? { afterMs } : {};
}

export function withRetry(backend: StorageBackend, options: WithRetryOptions): StorageBackend {
  const { scheme, label, host } = backend;
  const attempt = <Result>(signal: AbortSignal, file: string | undefined, operation: () => Promise<Result>): Promise<Result> =>
    tryAgain({ ...options, source: label, file, signal }, operation);
  return {
    scheme,
    label,
    ...(host !== undefined && { host }),
    stat: (path, signal) => attempt(signal, path, () => backend.stat(path, signal)),
    open: (path, openOptions) => attempt(openOptions.signal, path, () => backend.open(path, openOptions)),
    list: (signal) => listAgain(backend, signal, (operation) => attempt(signal, undefined, operation)),
    close: () => backend.close(),
    ...(isLocallyReadable(backend) && { localPath: (path: string) => backend.localPath(path) }),
    ...(isRevisioned(backend) && { revision: (signal: AbortSignal) => attempt(signal, undefined, () => backend.revision(signal)) }),
    ...(isPublishing(backend) && { publishesDigests: true as const }),
    ...(isCredentialed(backend) && { credentialsFrom: (signal: AbortSignal) => backend.credentialsFrom(signal) }),
    ...(isHttpReachable(backend) && {
      httpTarget: (path: string, signal: AbortSignal) => attempt(signal, path, () => backend.httpTarget(path, signal)),
      dropTarget: backend.dropTarget.bind(backend),
    }),
  };
}

interface Attempted extends WithRetryOptions {
  readonly source: string;
  readonly file: string | undefined;
  readonly signal: AbortSignal;
}

async function tryAgain<Result>({ source, file, onRetry, ...options }: Attempted, operation: () => Promise<Result>): Promise<Result> {
  const told = file === undefined ? { source } : { source, file };
  try {
    return await retry(operation, {
      ...options,
      judge: judgeModelError,
      onRetry: ({ attempt, delayMs, error }) => {
        if (isModelError(error)) onRetry?.({ ...told, attempt, delayMs, reason: error.reason ?? error.code, error });
      },
    });
  } catch (error) {
    throw options.signal.aborted ? cancelledError(options.signal, `reading ${source}`) : error;
  }
}

/** A listing that breaks begins again and leaves out what was given already. */
async function* listAgain(
  backend: StorageBackend,
  signal: AbortSignal,
  attempt: <Result>(operation: () => Promise<Result>) => Promise<Result>,
): AsyncGenerator<RemoteFile> {
  const given = new Set<string>();
  let listing: AsyncIterator<RemoteFile> | undefined;
  const next = async (): Promise<RemoteFile | undefined> => {
    listing ??= backend.list(signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await listing.next();
        if (step.done === true) return undefined;
        if (!given.has(step.value.path)) return step.value;
      }
    } catch (error) {
      listing = undefined;
      throw error;
    }
  };
  for (let file = await attempt(next); file !== undefined; file = await attempt(next)) {
    given.add(file.path);
    yield file;
  }
}
