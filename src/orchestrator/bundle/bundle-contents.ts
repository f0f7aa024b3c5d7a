/** What a bundle of some models holds: all that is published of them, each of which must be complete and pinned. */

import type { BundleFile, BundleIndex, BundleModel } from '../../backends/bundle/bundle-index.ts';
import { encodeEntries, MAX_ENTRIES_TEXT } from '../../backends/bundle/carried-entries.ts';
import type { Sha256 } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import { type Entries, hasFiles } from '../../domain/registry-entry.ts';
import { knownEntries } from '../../registry/entries/read-entries.ts';
import { partOfManifest } from '../../registry/manifest-part.ts';
import { openLock } from '../../registry/open-lock.ts';
import type { Orchestration } from '../orchestration.ts';
import { publishedFiles } from '../published-files.ts';
import { resolveTarget, type Target } from '../target.ts';

export interface BundleContents {
  readonly index: BundleIndex;
  /** Where each digest's bytes are published: for those whose blob is gone. */
  readonly published: ReadonlyMap<Sha256, string>;
}

/** Equal stores and manifests give equal contents, whatever the order of the names. */
export async function bundleContents(work: Orchestration, modelIds: readonly string[]): Promise<BundleContents> {
  const registry = await work.registry();
  const targets = await Promise.all(modelIds.map((id) => resolveTarget(work, id, {})));
  const unique = [...new Map(targets.map((target) => [target.label, target])).values()].sort((a, b) => (a.label < b.label ? -1 : 1));
  const models = unique.map((target) => bundledModel(work, target));
  const files = models.flatMap(({ model, directory }) => model.files.map((file) => ({ ...file, directory })));
  const sizes = new Map(files.map(({ sha256, sizeBytes }) => [sha256, sizeBytes]));
  const blobs = [...sizes].map(([sha256, sizeBytes]) => ({ sha256, sizeBytes })).sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const { inManifest = [], own = [] } = Object.groupBy(new Set(unique.map(({ spec }) => spec.modelId)), (id) =>
    registry.isInManifest(id) ? 'inManifest' : 'own',
  );
  const part = partOfManifest(openLock(work.manifestPath), inManifest);
  const entries = own.length === 0 ? undefined : ownEntries(work, own, unique);
  const published = new Map(files.map(({ sha256, directory, path }) => [sha256, work.store.resolver.modelFile(directory, path)]));
  return { index: { models: models.map(({ model }) => model), blobs, ...part, ...(entries && { entries }) }, published };
}

function bundledModel(work: Orchestration, target: Target): { readonly model: BundleModel; readonly directory: string } {
  const { spec, label, directory } = target;
  const files = publishedFiles(work, target, 'goes into a bundle').map(({ spec: file, sizeBytes, sha256, derived }): BundleFile => {
    if (file.sha256 !== sha256) throw notPinned(label, file.path);
    return { path: file.path, sizeBytes, sha256, ...(derived && { derived }) };
  });
  return { model: { ref: label, family: spec.family, files }, directory };
}

/** Read again: of a model that somebody changes just now, entry and files are to be of the same moment. */
function ownEntries(work: Orchestration, modelIds: readonly string[], targets: readonly Target[]): Entries {
  const known = knownEntries(work.entriesPath);
  const entries = new Map(
    modelIds.map((modelId) => {
      const entry = known.get(modelId);
      const { files } = targets.find(({ spec }) => spec.modelId === modelId)?.spec ?? { files: [] };
      const digests = new Map(entry?.files.map(({ path, sha256 }) => [path, sha256]));
      if (entry === undefined || !hasFiles(entry) || files.some(({ path, sha256 }) => digests.get(path) !== sha256))
        throw changedMeanwhile(modelId);
      return [modelId, entry] as const;
    }),
  );
  if (encodeEntries(entries).length > MAX_ENTRIES_TEXT) throw tooMuchNoted(modelIds);
  return entries;
}

const changedMeanwhile = (modelId: string): ModelError =>
  new ModelError('CONCURRENT_MODIFICATION', `${modelId} was changed in the registry meanwhile: nothing was bundled`, {
    hint: 'run the same command again',
    details: { model: modelId },
  });

const tooMuchNoted = (modelIds: readonly string[]): ModelError =>
  new ModelError('INVALID_INPUT', `what the registry says of these ${modelIds.length} models is more than a bundle takes`, {
    reason: 'bundle_too_large',
    hint: 'make several bundles of fewer models each',
  });

/** Elsewhere nobody could prove it. */
const notPinned = (label: string, path: string): ModelError =>
  new ModelError('LOCKFILE_STALE', `${label}: neither manifest nor lockfile has the sha256 of ${path}: nobody could prove it elsewhere`, {
    reason: 'not_pinned',
    hint: 'pin it with `wan models lock`',
    details: { model: label, file: path },
  });
