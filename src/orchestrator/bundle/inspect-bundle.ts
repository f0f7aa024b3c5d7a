/** `bundle inspect` and `bundle apply --verify-only`: what a bundle says, and whether it is so. Neither needs a store, nor changes anything. */
import { join, resolve } from 'node:path';
import { factsOf, namesOf } from '../../backends/bundle/bundle-facts.ts';
import { INDEX_NAME } from '../../backends/bundle/bundle-layout.ts';
import { type Bundle, openBundle } from '../../backends/bundle/open-bundle.ts';
import { verifyBundle as readWhole } from '../../backends/bundle/verify-bundle.ts';
import type { BundleInspected, BundleVerified } from '../../domain/bundle-results.ts';
import { ModelError } from '../../domain/errors.ts';
import type { Emit } from '../../domain/events.ts';

/** @throws ModelError FORMAT_INVALID, PATH_UNSAFE, SOURCE_UNAVAILABLE */
export async function inspectBundle(path: string, signal: AbortSignal): Promise<BundleInspected> {
  const bundle = await openBundle(resolve(path), signal);
  const { manifest, lockfile, entries = new Map() } = bundle.index;
  const isFolder = bundle.bytes.indexSha256 !== undefined;
  const signaturePath = isFolder ? join(bundle.bytes.path, `${INDEX_NAME}.sig`) : `${bundle.bytes.path}.sig`;
  return { ...factsOf(bundle), manifest, ...(lockfile !== undefined && { lockfile }), entries: [...entries.values()], signaturePath };
}

/** Reads every byte. @throws ModelError as {@link inspectBundle}; CHECKSUM_FAIL naming the files, and the parts to copy again */
export async function verifyBundle(path: string, { signal, emit }: { signal: AbortSignal; emit: Emit }): Promise<BundleVerified> {
  const bundle = await openBundle(resolve(path), signal);
  const facts = factsOf(bundle);
  let doneBytes = 0;
  const onRead = (bytes: number): void => {
    doneBytes += bytes;
    emit({ type: 'verify.progress', doneBytes, totalBytes: facts.blobBytes });
  };
  const { blobs, parts } = await readWhole(bundle, { signal, onRead });
  if (blobs.length > 0) throw wrongBytes(bundle, blobs, parts);
  return { ...facts, verifiedBytes: facts.blobBytes };
}

const NAMED = 3;

export function wrongBytes(bundle: Bundle, digests: readonly string[], parts: readonly string[]): ModelError {
  const names = digests.flatMap((digest) => namesOf(bundle, digest));
  const named = names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more` : names.join(', ');
  return new ModelError('CHECKSUM_FAIL', `${bundle.bytes.path} holds wrong bytes for ${named}: nothing of it was published`, {
    reason: 'bundle_damaged',
    hint: `copy ${parts.length === 0 ? 'it' : parts.join(', ')} again from where it was made, then run the same command again: what is right is kept`,
    details: { bundle: bundle.bytes.path, digests, files: names, parts },
  });
}
