/** Reads a bundle from its first byte to its last: which files, and which parts, are not what they must be. */
import { createHash, type Hash } from 'node:crypto';
import type { Sha256 } from '../../domain/digest.ts';
import { type BundlePart, readBytes } from './bundle-bytes.ts';
import { bytesAt, entriesOf } from './bundle-layout.ts';
import type { Bundle } from './open-bundle.ts';

export interface BundleFaults {
  readonly blobs: readonly Sha256[];
  /** Paths. */
  readonly parts: readonly string[];
}

export interface VerifyBundleOptions {
  readonly signal: AbortSignal;
  readonly onRead: (bytes: number) => void;
}

export async function verifyBundle(bundle: Bundle, { signal, onRead }: VerifyBundleOptions): Promise<BundleFaults> {
  const bad: Sha256[] = [];
  for (const entry of entriesOf(bundle.indexBytes, bundle.index.blobs)) {
    if (entry.sha256 === undefined) continue;
    const found = await digestOf(bundle, { offset: bytesAt(entry), sizeBytes: entry.sizeBytes }, { signal, onRead });
    if (found !== entry.sha256) bad.push(entry.sha256);
  }
  return { blobs: bad, parts: bad.length === 0 ? [] : await badParts(bundle, signal) };
}

/** Read only where something is wrong: then they say which of them to copy again. */
async function badParts(bundle: Bundle, signal: AbortSignal): Promise<string[]> {
  const bad: string[] = [];
  for (const part of bundle.bytes.parts) {
    if (part.sha256 !== undefined && (await digestOf(bundle, part, { signal, onRead: () => undefined })) !== part.sha256)
      bad.push(part.path);
  }
  return bad;
}

async function digestOf(
  { bytes }: Bundle,
  stretch: Pick<BundlePart, 'offset' | 'sizeBytes'>,
  { signal, onRead }: VerifyBundleOptions,
): Promise<string> {
  const hash: Hash = createHash('sha256');
  for await (const chunk of readBytes(bytes, stretch, signal)) {
    hash.update(chunk);
    onRead(chunk.length);
  }
  return hash.digest('hex');
}
