/** A backend that is replaced where its source refuses it: behind a new URL, say, when a signed one has ended. */
import { isModelError } from '../../domain/errors.ts';
import {
  type HttpReachable,
  type HttpTarget,
  isCredentialed,
  isHttpReachable,
  isLocallyReadable,
  isPublishing,
  type StorageBackend,
} from '../backend.ts';

/**
 * @param renew the backend to go on with; undefined, or the one that was refused: there is none, and the refusal stands. Asked
 *   once for all who were refused at the same time.
 */
export function withRenewal(first: StorageBackend, renew: (signal: AbortSignal) => Promise<StorageBackend | undefined>): StorageBackend {
  const renewal = new Renewal(first, renew);
  return {
    scheme: first.scheme,
    label: first.label,
    ...(first.host !== undefined && { host: first.host }),
    stat: (path, signal) => renewal.use(signal, (backend) => backend.stat(path, signal)),
    open: (path, options) => renewal.use(options.signal, (backend) => backend.open(path, options)),
    list: (signal) => renewal.current.list(signal),
    close: () => renewal.current.close(),
    ...(isLocallyReadable(first) && { localPath: (path: string) => first.localPath(path) }),
    ...(isPublishing(first) && { publishesDigests: true as const }),
    ...(isCredentialed(first) && { credentialsFrom: (signal: AbortSignal) => first.credentialsFrom(signal) }),
    ...(isHttpReachable(first) && {
      httpTarget: (path: string, signal: AbortSignal) => renewal.use(signal, (backend) => reachable(backend).httpTarget(path, signal)),
      dropTarget: (path: string, target: HttpTarget) => reachable(renewal.current).dropTarget(path, target),
    }),
  };
}

class Renewal {
  #current: StorageBackend;
  readonly #renew: (signal: AbortSignal) => Promise<StorageBackend | undefined>;
  #pending: Promise<StorageBackend | undefined> | undefined;

  constructor(first: StorageBackend, renew: (signal: AbortSignal) => Promise<StorageBackend | undefined>) {
    this.#current = first;
    this.#renew = renew;
  }

  get current(): StorageBackend {
    return this.#current;
  }

  async use<T>(signal: AbortSignal, act: (backend: StorageBackend) => Promise<T>): Promise<T> {
    const used = this.#current;
    try {
      return await act(used);
    } catch (error) {
      if (!isModelError(error, 'AUTH_FAIL')) throw error;
      if (this.#current === used) await this.#replace(used, signal);
      if (this.#current === used) throw error;
      return act(this.#current);
    }
  }

  async #replace(refused: StorageBackend, signal: AbortSignal): Promise<void> {
    this.#pending ??= this.#renew(signal);
    const pending = this.#pending;
    try {
      const renewed = await pending;
      const hasSamePowers = renewed !== undefined && isHttpReachable(renewed) === isHttpReachable(refused);
      if (hasSamePowers && this.#current === refused) this.#current = renewed;
    } finally {
      if (this.#pending === pending) this.#pending = undefined;
    }
  }
}

function reachable(backend: StorageBackend): StorageBackend & HttpReachable {
  if (!isHttpReachable(backend)) throw new Error(`${backend.label} was let in without the power that its first one had`);
  return backend;
}
