/** How one file is reached at its source: by plain HTTP on any lane, as a local path, or through the backend itself. */
import { type FileSource, type HttpTarget, isHttpReachable, isLocallyReadable, type OpenedFile } from '../backends/backend.ts';
import { wrongSize } from '../backends/file-faults.ts';
import { conditionalHeaders } from '../backends/http/validators.ts';
import type { ModelError } from '../domain/errors.ts';
import type { Span } from './extent-plan.ts';
import type { RangeOrigin } from './lane-protocol.ts';

export class SourceAccess {
  readonly #source: FileSource;
  readonly #sizeBytes: number;
  /** Since the epoch. */
  readonly #nowMs: () => number;
  #target: HttpTarget | undefined;
  /** Whether plain HTTP on a lane is worth a try. */
  #isPlain: boolean;
  #looked = false;
  #refusals = 0;
  /** Of the answer taken last, where the source wants ranges asked for under it. */
  #validator: string | undefined;

  constructor(source: FileSource, { sizeBytes, nowMs }: { readonly sizeBytes: number; readonly nowMs: () => number }) {
    this.#source = source;
    this.#sizeBytes = sizeBytes;
    this.#nowMs = nowMs;
    this.#isPlain = isHttpReachable(source.backend);
  }

  /** Whether {@link prepare} must be called before {@link origin}. */
  get needsPreparing(): boolean {
    if (isLocallyReadable(this.#source.backend)) return !this.#looked;
    return this.#isPlain && (this.#target === undefined || this.#nowMs() >= (this.#target.validUntilMs ?? Number.POSITIVE_INFINITY));
  }

  get isCredentialed(): boolean {
    return this.#target !== undefined && 'authorization' in this.#target.headers;
  }

  get isSigned(): boolean {
    return this.#target?.url.includes('?') ?? false;
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const { backend, path } = this.#source;
    if (isLocallyReadable(backend)) {
      await this.#lookAtFile(signal);
    } else if (isHttpReachable(backend)) {
      this.#target = await backend.httpTarget(path, signal);
      this.#isPlain = this.#target.direct;
    }
  }

  origin(): RangeOrigin {
    const { backend, path } = this.#source;
    if (isLocallyReadable(backend)) return { kind: 'local', path: backend.localPath(path) };
    if (!this.#isPlain || this.#target === undefined) return { kind: 'backend' };
    const condition = conditionalHeaders(this.#validator, false);
    return { kind: 'http', target: { ...this.#target, headers: { ...this.#target.headers, ...condition } } };
  }

  /** The next ranges are asked for on condition that this still holds. */
  accepted(validator: string | undefined): void {
    if (this.#target?.conditional === true) this.#validator = validator;
  }

  open(range: Span, signal: AbortSignal): Promise<OpenedFile> {
    const { backend, path } = this.#source;
    return backend.open(path, {
      range: { offset: range.offset, length: range.end - range.offset },
      expectedBytes: this.#sizeBytes,
      signal,
    });
  }

  /** The strict reader met something that only the backend can make sense of. */
  useBackend(): void {
    this.#isPlain = false;
  }

  progressed(): void {
    this.#refusals = 0;
  }

  /**
   * A URL that redirects, or was refused and may have expired, or a condition that does not hold any more: asked for anew, once between
   * two pieces. Where a new URL is refused too, the backend asks itself: it can explain what it hears.
   * @param origin where the refused range was asked for
   */
  isRefreshedAfter(error: ModelError, origin?: RangeOrigin): boolean {
    const { backend, path } = this.#source;
    if (!isHttpReachable(backend)) return false;
    const isOutdated = origin?.kind === 'http' && !isSamePlace(origin.target, this.#target);
    if (isOutdated && this.#mayHaveMoved(error)) return true;
    if (this.#target === undefined) return false;
    if (error.code === 'TLS_UNTRUSTED' && this.#isPlain) {
      // Its own client may know better, or says at least whose certificate it is.
      this.#isPlain = false;
      return true;
    }
    if (error.reason === 'validator_changed' && this.#validator !== undefined && this.#refusals === 0) {
      // The new state is taken up, or refused, by those who know what is held of the old one.
      this.#refusals++;
      this.#validator = undefined;
      return true;
    }
    if (!this.#mayHaveMoved(error)) return false;
    if (this.#refusals > 0) return this.#asksBackendAfter(origin);
    this.#refusals++;
    backend.dropTarget(path, this.#target);
    this.#target = undefined;
    this.#isPlain = true;
    return true;
  }

  #asksBackendAfter(origin: RangeOrigin | undefined): boolean {
    this.#isPlain = false;
    return origin?.kind === 'http';
  }

  #mayHaveMoved(error: ModelError): boolean {
    if (error.code === 'AUTH_FAIL' || error.reason === 'not_found' || isRedirect(error)) return true;
    return this.isCredentialed && error.details.http_status === 400;
  }

  /** The backend tells a file from what only has its name; a range on another thread takes what it gets. */
  async #lookAtFile(signal: AbortSignal): Promise<void> {
    const { backend, path } = this.#source;
    const { sizeBytes } = await backend.stat(path, signal);
    if (sizeBytes !== undefined && sizeBytes !== this.#sizeBytes) throw wrongSize(`${backend.label}: ${path}`, this.#sizeBytes, sizeBytes);
    this.#looked = true;
  }
}

const isSamePlace = (one: HttpTarget, other: HttpTarget | undefined): boolean =>
  one.url === other?.url && one.headers.authorization === other.headers.authorization;

function isRedirect(error: ModelError): boolean {
  const { http_status: status } = error.details;
  return typeof status === 'number' && status >= 300 && status < 400;
}
