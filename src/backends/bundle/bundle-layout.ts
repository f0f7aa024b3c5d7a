/** Where everything lies in a bundle: a tar archive that is decided by its index, so that nothing of it has to be parsed. docs/bundles.md */
import type { Sha256 } from '../../domain/digest.ts';
import { TAR_BLOCK_BYTES, TAR_END_BYTES, tarHeader, tarPaddingBytes } from '../../formats/tar.ts';

export const INDEX_NAME = 'wan-bundle.json';
/** Of a bundle in parts: what each of them must be. */
export const PARTS_NAME = 'wan-bundle-parts.json';
/** Room for some 50,000 files; what is larger is not read. */
export const MAX_INDEX_BYTES = 16 * 2 ** 20;
export const MAX_PARTS = 10_000;

export interface BundleBlob {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

export interface Entry {
  /** All that stands before the bytes. */
  readonly header: Buffer;
  /** Of the header. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Absent: the index. */
  readonly sha256?: Sha256;
}

/** The index, then the blobs, one after the other: headers are made when they are asked for, there may be many. */
export function* entriesOf(indexBytes: number, blobs: readonly BundleBlob[]): Generator<Entry> {
  let offset = 0;
  const entry = (path: string, sizeBytes: number): Entry => {
    const header = tarHeader({ path, sizeBytes });
    const made = { header, offset, sizeBytes };
    offset = endOf(made);
    return made;
  };
  yield entry(INDEX_NAME, indexBytes);
  for (const { sha256, sizeBytes } of blobs) yield { ...entry(blobName(sha256), sizeBytes), sha256 };
}

const blobName = (sha256: Sha256): string => `blobs/sha256/${sha256}`;

export const bytesAt = ({ offset, header }: Entry): number => offset + header.length;

/** Of the padding behind its bytes. */
export const endOf = (entry: Pick<Entry, 'offset' | 'header' | 'sizeBytes'>): number =>
  entry.offset + entry.header.length + entry.sizeBytes + tarPaddingBytes(entry.sizeBytes);

export function bundleBytes(indexBytes: number, blobs: readonly BundleBlob[]): number {
  let end = 0;
  for (const entry of entriesOf(indexBytes, blobs)) end = endOf(entry);
  return end + TAR_END_BYTES;
}

/** Size of the index by the first block of a bundle; undefined for anything else. */
export function indexBytesIn(firstBlock: Buffer): number | undefined {
  const digits = firstBlock.subarray(124, 135).toString('latin1');
  const sizeBytes = /^[0-7]{11}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
  if (sizeBytes === undefined || sizeBytes > MAX_INDEX_BYTES || firstBlock.length !== TAR_BLOCK_BYTES) return undefined;
  return tarHeader({ path: INDEX_NAME, sizeBytes }).equals(firstBlock) ? sizeBytes : undefined;
}

/** From 1, in the order of their bytes: `cat wan-bundle.tar.*` is the archive. */
export const partName = (number: number): string => `wan-bundle.tar.${String(number).padStart(5, '0')}`;
