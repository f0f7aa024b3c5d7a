/** What a bundle of some models holds: all that is published of them, each of which must be complete and pinned. */
import type { BundleFile, BundleIndex, BundleModel } from '../../backends/bundle/bundle-index.ts';
import type { Sha256 } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import { partOfManifest } from '../../registry/manifest-part.ts';
import { openLock } from '../../registry/open-lock.ts';
import { requireInManifest } from '../entries/require-in-manifest.ts';
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
  for (const id of modelIds) requireInManifest(registry, registry.resolve(id).modelId, 'no bundle can be made of it yet');
  const targets = await Promise.all(modelIds.map((id) => resolveTarget(work, id, {})));
  const unique = [...new Map(targets.map((target) => [target.label, target])).values()].sort((a, b) => (a.label < b.label ? -1 : 1));
  const models = unique.map((target) => bundledModel(work, target));
  const files = models.flatMap(({ model, directory }) => model.files.map((file) => ({ ...file, directory })));
  const sizes = new Map(files.map(({ sha256, sizeBytes }) => [sha256, sizeBytes]));
  const blobs = [...sizes].map(([sha256, sizeBytes]) => ({ sha256, sizeBytes })).sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const part = partOfManifest(openLock(work.manifestPath), [...new Set(unique.map(({ spec }) => spec.modelId))]);
  const published = new Map(files.map(({ sha256, directory, path }) => [sha256, work.store.resolver.modelFile(directory, path)]));
  return { index: { models: models.map(({ model }) => model), blobs, ...part }, published };
}

function bundledModel(work: Orchestration, target: Target): { readonly model: BundleModel; readonly directory: string } {
  const { spec, label, directory } = target;
  const files = publishedFiles(work, target, 'goes into a bundle').map(({ spec: file, sizeBytes, sha256, derived }): BundleFile => {
    if (file.sha256 !== sha256) throw notPinned(label, file.path);
    return { path: file.path, sizeBytes, sha256, ...(derived && { derived }) };
  });
  return { model: { ref: label, family: spec.family, files }, directory };
}

/** Elsewhere nobody could prove it. */
const notPinned = (label: string, path: string): ModelError =>
  new ModelError('LOCKFILE_STALE', `${label}: neither manifest nor lockfile has the sha256 of ${path}: nobody could prove it elsewhere`, {
    reason: 'not_pinned',
    hint: 'pin it with `wan models lock`',
    details: { model: label, file: path },
  });
