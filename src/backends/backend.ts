/**
 * What the product asks of a place that holds model files. A backend only stats, lists and opens at an offset; resume,
 * proof, fail-over, retry and atomic commit are written once, above it.
 */
import type { Sha256 } from '../domain/digest.ts';

/** What a source says of one of its files. Everything but the path may be unknown. */
export interface RemoteFile {
  readonly path: string;
  readonly sizeBytes?: number;
  /** Strong validator (ETag, generation, mtime+size): equal means the same bytes at this source. */
  readonly validator?: string;
  /** A digest that the source publishes for the whole file. */
  readonly sha256?: Sha256;
  /** 40 hex digits: SHA-1 of `blob {size}\0` and the content, where git has the file and nobody knows its sha256. Earns proof level `etag`. */
  readonly gitOid?: string;
  /** 32 hex digits: MD5 of the content, where nobody knows its sha256. Earns proof level `etag`. */
  readonly md5?: string;
}

export interface ByteRange {
  readonly offset: number;
  /** Absent: to the end. */
  readonly length?: number;
}

export interface OpenOptions {
  /** Starting exactly at the file's end gives an empty body; starting beyond it fails with SIZE_MISMATCH. */
  readonly range?: ByteRange;
  /** Size that the whole file must have: any other one fails with SIZE_MISMATCH, and no body runs on past it. */
  readonly expectedBytes?: number;
  /** The validator of pieces already held: when the source has other bytes now, open fails with code DRIFT. */
  readonly validator?: string;
  readonly signal: AbortSignal;
}

/**
 * An open answer. The consumer reads `body` to its end or calls `cancel`; either releases the connection. A body that
 * ends before its promised length throws INCOMPLETE_DOWNLOAD: one that ends quietly is whole.
 */
export interface OpenedFile {
  /** Offset of the first byte of `body`: the one asked for, or 0 where the source ignored the range. */
  readonly offset: number;
  /** Size of the whole file, where the source tells it. */
  readonly totalBytes?: number;
  readonly validator?: string;
  readonly body: AsyncIterable<Uint8Array>;
  cancel(): void;
}

export interface StorageBackend {
  /** Scheme without `://`. */
  readonly scheme: string;
  /** Redacted source URL: safe to print, stable for one source. */
  readonly label: string;
  /** Host that per-host limits apply to; absent for sources without a network. */
  readonly host?: string;
  /** @throws ModelError SOURCE_UNAVAILABLE reason not_found when the file is not there. */
  stat(path: string, signal: AbortSignal): Promise<RemoteFile>;
  list(signal: AbortSignal): AsyncIterable<RemoteFile>;
  open(path: string, options: OpenOptions): Promise<OpenedFile>;
  close(): Promise<void>;
}

/** A ranged GET that any HTTP client can make as it stands: what lets a transfer run on other threads. */
export interface HttpTarget {
  readonly url: string;
  /** Credentials included: never logged, never stored. */
  readonly headers: Readonly<Record<string, string>>;
  /** Epoch milliseconds from which it must not be used any more: a signature ends. Absent: it holds until it is refused. */
  readonly validUntilMs?: number;
  /** Whether ranges are to be asked for on condition that the validator is still the one seen last: it means the same on every machine there. */
  readonly conditional?: boolean;
  /** Whether a plain TCP or TLS connection to the URL's host will do: no proxy. */
  readonly direct: boolean;
  /** PEM certificates of authorities that this host is trusted by, besides the default ones. */
  readonly authorities?: string;
}

/** Optional power: files that plain HTTP range requests reach. */
export interface HttpReachable {
  /** Where the file is to be had, without asking; after `dropTarget`, where the redirects end. Kept until dropped. */
  httpTarget(path: string, signal: AbortSignal): Promise<HttpTarget>;
  /** Says that this target redirects, was refused or has expired: the next `httpTarget` resolves anew, once for all who say so. */
  dropTarget(path: string, target: HttpTarget): void;
}

/** Optional power: files that lie on a mounted file system. */
export interface LocallyReadable {
  /** Absolute path, whether or not the file exists; the bytes belong to their owner and may change at any time. */
  localPath(path: string): string;
}

/** Optional power: sources that may have to be let in. */
export interface Credentialed {
  /**
   * Where the credentials that a request would carry come from, and which they are, masked: `GITHUB_TOKEN (ghp_…abcd)`; never a secret.
   * Undefined where it would carry none. Asks no network.
   */
  credentialsFrom(signal: AbortSignal): Promise<string | undefined>;
}

/** What a source's name means now. */
export interface SourceRevision {
  /** A commit, a tag. */
  readonly revision: string;
  /** URL of the same source at this revision for good. */
  readonly url: string;
  /** ISO 8601: when it was made, where the source tells. */
  readonly madeAt?: string;
}

/** Optional power: sources whose name (a branch, the latest release) may mean other files tomorrow. */
export interface Revisioned {
  revision(signal: AbortSignal): Promise<SourceRevision>;
}

export const isRevisioned = (backend: StorageBackend): backend is StorageBackend & Revisioned => 'revision' in backend;
/** Optional power: sources that publish digests. What `stat` tells is all that they publish of a file. */
export interface Publishing {
  readonly publishesDigests: true;
}

export const isPublishing = (backend: StorageBackend): backend is StorageBackend & Publishing => 'publishesDigests' in backend;
export const isCredentialed = (backend: StorageBackend): backend is StorageBackend & Credentialed => 'credentialsFrom' in backend;
export const isHttpReachable = (backend: StorageBackend): backend is StorageBackend & HttpReachable => 'httpTarget' in backend;
export const isLocallyReadable = (backend: StorageBackend): backend is StorageBackend & LocallyReadable => 'localPath' in backend;

/** One file at one source. */
export interface FileSource {
  readonly backend: StorageBackend;
  readonly path: string;
  /** In a cache of this machine: its bytes do not count as fetched. */
  readonly isHere?: boolean;
}
