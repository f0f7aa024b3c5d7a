/** What a move to a tier would do. Changes nothing, here or there. */
import { isModelError } from '../domain/errors.ts';
import type { MovedBlob, TierMove, TierSettings } from '../domain/tiers.ts';
import { checkStore } from '../store/open-store.ts';
import { readSnapshot } from '../store/snapshots.ts';
import { readCold } from '../store/tier-records.ts';
import type { TierMoveOptions } from './api.ts';
import type { Orchestration } from './orchestration.ts';
import type { Target } from './target.ts';
import { countedElsewhere, notWhole, publishedBlobs, requireMovable } from './tier-blobs.ts';
import { elsewhere, pathsOf, sumsOf } from './tier-results.ts';

export interface TierMoveQuestion {
  readonly target: Target;
  readonly settings: TierSettings;
  readonly options: TierMoveOptions;
}

export async function planTierMove(work: Orchestration, { target, settings, options }: TierMoveQuestion): Promise<TierMove> {
  const { store } = work;
  checkStore(store);
  const { spec, directory, label } = target;
  const snapshot = readSnapshot(store, directory);
  const known = readCold(store, spec.family, spec.ref);
  if (known !== undefined && known.tier !== settings.name) throw elsewhere(target, known);
  if (snapshot === undefined && known === undefined) throw notWhole(label, 'nothing of it is published');
  if (snapshot !== undefined) requireMovable(store, target, snapshot);
  const counted = countedElsewhere(store, directory);
  const here = snapshot === undefined ? [] : publishedBlobs(store, directory, snapshot);
  const { signal = new AbortController().signal } = options;
  const tier = await lookUnlessNew(work, settings, signal);
  const blobs: MovedBlob[] = [];
  for (const { digest, sizeBytes, paths } of here) {
    const [stored] = (await tier?.place.formsOf({ digest, sizeBytes }, signal)) ?? [];
    blobs.push({ digest, sizeBytes, form: 'plain', storedBytes: sizeBytes, ...stored, paths, action: stored ? 'found' : 'write' });
  }
  const kept = snapshot === undefined ? (known?.blobs ?? []) : [];
  for (const blob of kept) if (known !== undefined) blobs.push({ ...blob, paths: pathsOf(known, blob), action: 'keep' });
  const freed = here.filter(({ digest }) => !counted.has(digest)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { ref: spec.ref, to: settings.name, done: false, blobs, ...sumsOf(blobs), reclaimedBytes: freed };
}

/** An S3 tier that may not be asked now tells nothing: then all counts as to be written. */
async function lookUnlessNew(work: Orchestration, settings: TierSettings, signal: AbortSignal) {
  try {
    return await work.tiers.look(settings, signal);
  } catch (error) {
    if (isModelError(error, 'OFFLINE')) return undefined;
    throw error;
  }
}
