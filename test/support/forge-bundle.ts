/** Bundles as somebody may make them who does not use this program: any index, with the bytes that it asks for. */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type BundleIndex, decodeIndex, encodeIndex } from '../../src/backends/bundle/bundle-index.ts';
import { entriesOf } from '../../src/backends/bundle/bundle-layout.ts';
import { type Sha256, sha256Of } from '../../src/domain/digest.ts';
import { TAR_END_BYTES, tarPaddingBytes } from '../../src/formats/tar.ts';
import { type LockedFile, lockfileText, sealEntry } from '../../src/registry/lockfile.ts';
import { readLockfile } from '../../src/registry/read-lockfile.ts';

export const shaOf = (bytes: Uint8Array): Sha256 => sha256Of(hash('sha256', bytes));

export function indexIn(bundle: string): BundleIndex {
  const bytes = readFileSync(bundle);
  const size = Number.parseInt(bytes.subarray(124, 135).toString(), 8);
  return decodeIndex(bundle, bytes.subarray(512, 512 + size));
}

/**
 * @param contents whatever the files are made of; others are left out
 * @param rewrite of the index, what no encoding would make
 */
export function forgeBundle(
  { models, ...rest }: Omit<BundleIndex, 'blobs'>,
  contents: readonly Uint8Array[],
  rewrite: (index: string) => string = (index) => index,
): Buffer {
  const byDigest = new Map(contents.map((bytes) => [shaOf(bytes), bytes]));
  const used = [...new Set(models.flatMap(({ files }) => files.map(({ sha256 }) => sha256)))].sort();
  const blobs = used.map((sha256) => ({ sha256, sizeBytes: byDigest.get(sha256)?.byteLength ?? 0 }));
  const text = Buffer.from(rewrite(encodeIndex({ ...rest, models, blobs }).toString()));
  const chunks = [...entriesOf(text.length, blobs)].flatMap(({ header, sha256, sizeBytes }) => {
    const bytes = sha256 === undefined ? text : (byDigest.get(sha256) ?? Buffer.alloc(0));
    return [header, bytes, Buffer.alloc(tarPaddingBytes(sizeBytes))];
  });
  return Buffer.concat([...chunks, Buffer.alloc(TAR_END_BYTES)]);
}

/** Entries that check, whoever wrote them. */
export function rewriteLock(text: string, change: (file: LockedFile) => readonly LockedFile[]): string {
  const { lockfile } = readLockfile({ path: 'models.lock', bytes: Buffer.from(text) });
  const rewritten = (entries: typeof lockfile.models) =>
    new Map([...entries].map(([id, entry]) => [id, sealEntry({ ...entry, files: entry.files.flatMap(change) })]));
  return lockfileText({ models: rewritten(lockfile.models), components: rewritten(lockfile.components) });
}
