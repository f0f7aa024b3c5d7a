/** Opening a bundle: its index read and checked, and every byte that is no file's compared with what must stand there. */
import { hash } from 'node:crypto';
import type { Sha256 } from '../../domain/digest.ts';
import { sha256Of } from '../../domain/digest.ts';
import { TAR_BLOCK_BYTES, TAR_END_BYTES } from '../../formats/tar.ts';
import { badBundle } from './bad-bundle.ts';
import { type BundleBytes, findBundle, readAt } from './bundle-bytes.ts';
import { type BundleIndex, decodeIndex } from './bundle-index.ts';
import { bundleBytes, bytesAt, type Entry, endOf, entriesOf, indexBytesIn } from './bundle-layout.ts';

export interface Bundle {
  readonly bytes: BundleBytes;
  readonly index: BundleIndex;
  readonly indexBytes: number;
  /** Vouches for every byte of every file: what people compare, and what a signature would be over. */
  readonly indexSha256: Sha256;
}

/** @throws ModelError SOURCE_UNAVAILABLE, FORMAT_INVALID, PATH_UNSAFE */
export async function openBundle(path: string, signal: AbortSignal): Promise<Bundle> {
  const bytes = await findBundle(path);
  const { raw, index } = await readIndex(bytes, signal);
  const bundle = { bytes, index, indexBytes: raw.length, indexSha256: sha256Of(hash('sha256', raw)) };
  if (bytes.indexSha256 !== undefined && bytes.indexSha256 !== bundle.indexSha256)
    throw badBundle(path, 'index_checksum', 'its parts are those of another bundle, or its index is damaged');
  const wanted = bundleBytes(raw.length, index.blobs);
  if (bytes.sizeBytes !== wanted) {
    const reason = bytes.sizeBytes < wanted ? 'truncated' : 'trailing_bytes';
    throw badBundle(path, reason, `it has ${bytes.sizeBytes} bytes instead of ${wanted}`, { found: bytes.sizeBytes, expected: wanted });
  }
  await checkFrame(bundle, signal);
  return bundle;
}

async function readIndex(bytes: BundleBytes, signal: AbortSignal): Promise<{ readonly raw: Buffer; readonly index: BundleIndex }> {
  const head = bytes.sizeBytes < TAR_BLOCK_BYTES ? undefined : await readAt(bytes, { offset: 0, sizeBytes: TAR_BLOCK_BYTES }, signal);
  const size = head && indexBytesIn(head);
  if (size === undefined) throw badBundle(bytes.path, 'not_a_bundle', 'it does not begin with the index of one');
  if (TAR_BLOCK_BYTES + size > bytes.sizeBytes) throw badBundle(bytes.path, 'truncated', 'it ends inside of its index');
  const raw = await readAt(bytes, { offset: TAR_BLOCK_BYTES, sizeBytes: size }, signal);
  return { raw, index: decodeIndex(bytes.path, raw) };
}

/** Headers, the zeros behind files, the end: a tar that unpacks to something else than the index says is none of ours. */
async function checkFrame({ bytes, index, indexBytes }: Bundle, signal: AbortSignal): Promise<void> {
  const check = async (offset: number, expected: Buffer): Promise<void> => {
    if (expected.length === 0) return;
    if (!(await readAt(bytes, { offset, sizeBytes: expected.length }, signal)).equals(expected))
      throw badBundle(bytes.path, 'frame', `byte ${offset} and the next ${expected.length - 1} are not what the index asks for`, {
        offset,
      });
  };
  let end = 0;
  for (const entry of entriesOf(indexBytes, index.blobs)) {
    await check(entry.offset, entry.header);
    await check(paddingAt(entry), Buffer.alloc(endOf(entry) - paddingAt(entry)));
    end = endOf(entry);
  }
  await check(end, Buffer.alloc(TAR_END_BYTES));
}

const paddingAt = (entry: Entry): number => bytesAt(entry) + entry.sizeBytes;
