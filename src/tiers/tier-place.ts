/** What a tier asks of the place that it is in: a folder, or a prefix in a bucket. All that is decided is decided above it. */
import type { FileSource } from '../backends/backend.ts';
import type { TieredBlob, TierFault } from '../domain/tiers.ts';

export interface TierCall {
  readonly signal: AbortSignal;
  /** Bytes read or written since it was called last. */
  readonly onBytes?: (deltaBytes: number) => void;
}

/** A file of this machine that is to become a blob there. */
export interface NewBlob {
  readonly digest: TieredBlob['digest'];
  readonly sizeBytes: number;
  /** Absolute. */
  readonly from: string;
  /** Try to make it smaller. */
  readonly compress: boolean;
}

export interface TierPlace {
  /** Absolute path, or URL. */
  readonly label: string;
  /** Of a small object; undefined where there is none. */
  readText(key: string, signal: AbortSignal): Promise<string | undefined>;
  /** Durable on return. @returns false where it is to be new, and is there already */
  writeText(key: string, text: string, options: { readonly isNew?: boolean; readonly signal: AbortSignal }): Promise<boolean>;
  remove(key: string, signal: AbortSignal): Promise<void>;
  /** Keys that begin with the prefix and a slash. */
  keysUnder(prefix: string, signal: AbortSignal): Promise<string[]>;
  /** Every form in which it seems to lie there, by name and size alone: nothing is read of it, so each may have other bytes. */
  formsOf(blob: Pick<TieredBlob, 'digest' | 'sizeBytes'>, signal: AbortSignal): Promise<TieredBlob[]>;
  /**
   * Writes the file's bytes there, and proves them there, before the blob has its name. What lies there in the other form, with other
   * bytes, goes after that.
   * @throws ModelError CHECKSUM_FAIL where the file here has other bytes, or the place gives others back; NO_SPACE
   */
  writeBlob(blob: NewBlob, call: TierCall): Promise<TieredBlob>;
  /**
   * Reads every byte of it. Undefined: they are right. With a file here that has the bytes a service's own sum of them will do.
   */
  faultOf(blob: TieredBlob, call: TierCall & { readonly from?: string }): Promise<TierFault['fault'] | undefined>;
  /** Where the blob lies, for people. */
  placeOf(blob: Pick<TieredBlob, 'digest' | 'form'>): string;
  removeBlob(blob: Pick<TieredBlob, 'digest' | 'form'>, signal: AbortSignal): Promise<void>;
  /** To be read as any file of a source is. */
  source(blob: TieredBlob): FileSource;
  /** Makes the place itself, where that is not there. @throws ModelError INVALID_CONFIG tier_no_parent */
  make(): Promise<void>;
  /** Clears away what dead writers of this root left. Call under the tier's lock. */
  prepare(ownerId: string, signal: AbortSignal): Promise<void>;
  /** Undefined where nobody can tell. */
  freeBytes(): number | undefined;
}

/** Key of a blob: the layout of docs/store-format.md, "Tiers". */
export const blobKey = ({ digest, form }: Pick<TieredBlob, 'digest' | 'form'>): string =>
  `${form === 'zstd' ? 'zstd' : 'sha256'}/${digest.slice(0, 2)}/${digest}`;
