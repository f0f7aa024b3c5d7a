/** What an ensure would copy out of a tier or the Hub cache instead of fetching it. Reads there what the ensure would read, changes nothing. */
import { isModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import type { FileSpec } from '../domain/spec.ts';
import type { EnsureOptions } from './api.ts';
import { type CacheReader, cachedSource } from './cached-source.ts';
import { originsOf } from './file-sources.ts';
import type { Orchestration, SourceOpener } from './orchestration.ts';
import type { PlannedBlob } from './plan-blobs.ts';
import type { Target } from './target.ts';
import { tieredSources } from './tiered-sources.ts';

export interface CachedPlan {
  readonly target: Target;
  readonly planned: readonly PlannedBlob[];
  readonly options: EnsureOptions;
  readonly emit: Emit;
}

/** The same files, those that a tier or the cache has with `copy` as what is to be done. */
export async function planCached(work: Orchestration, { target, planned, options, emit }: CachedPlan): Promise<readonly PlannedBlob[]> {
  const isAsked = options.force !== true && planned.some(({ fetchBytes, digest }) => fetchBytes > 0 && digest !== undefined);
  if (!isAsked || ((await work.hfCache()) === undefined && work.tiers.settings.length === 0)) return planned;
  const opener = await work.sources(options.offline ?? work.settings.offline);
  const { signal = new AbortController().signal } = options;
  const reader: CacheReader = { work, target, signal, emit };
  const copied: PlannedBlob[] = [];
  for (const blob of planned) copied.push(await fromCache(blob, { planned, reader, opener }));
  return copied;
}

export const sumOf = (planned: readonly PlannedBlob[]): Pick<PlannedBlob, 'fetchBytes' | 'copyBytes'> => ({
  fetchBytes: planned.reduce((sum, blob) => sum + blob.fetchBytes, 0),
  copyBytes: planned.reduce((sum, blob) => sum + blob.copyBytes, 0),
});

interface Surroundings {
  readonly planned: readonly PlannedBlob[];
  readonly reader: CacheReader;
  readonly opener: SourceOpener;
}

async function fromCache(blob: PlannedBlob, { planned, reader, opener }: Surroundings): Promise<PlannedBlob> {
  const { digest, fetchBytes } = blob;
  if (fetchBytes === 0 || digest === undefined) return blob;
  const { sources } = await tieredSources(reader, { digest, file: blob.file, offline: true });
  if (sources.some(({ isHere }) => isHere === true)) return { ...blob, action: 'copy', copyBytes: fetchBytes, fetchBytes: 0 };
  if (await isInFolder(blob.file, reader, opener)) return blob;
  const files = planned.filter((other) => other.digest === digest).map(({ file }) => file);
  if ((await cachedSource(reader, { digest: { algorithm: 'sha256', hex: digest }, files })) === undefined) return blob;
  return { ...blob, action: 'copy', copyBytes: fetchBytes, fetchBytes: 0 };
}

/** A source without a network that is named before the first one with one is asked before the cache. */
async function isInFolder(file: FileSpec, { target, signal }: CacheReader, opener: SourceOpener): Promise<boolean> {
  if (file.url !== undefined) return false;
  for (const { source, path } of originsOf(target.spec, file)) {
    if (!source.startsWith('local:')) return false;
    try {
      const { sizeBytes } = await opener.open(source).stat(path, signal);
      if (sizeBytes === file.sizeBytes) return true;
    } catch (error) {
      if (!isModelError(error) || signal.aborted) throw error;
    }
  }
  return false;
}
