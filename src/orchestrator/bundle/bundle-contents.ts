/** What a bundle of some models holds: all that is published of them, each of which must be complete and pinned. */
import type { BundleFile, BundleIndex, BundleModel } from '../../backends/bundle/bundle-index.ts';
import type { Sha256 } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import { partOfManifest } from '../../registry/manifest-part.ts';
import { openLock } from '../../registry/open-lock.ts';
import { faultOf } from '../../store/inspect-snapshot.ts';
import { inspectTarget } from '../look.ts';
import type { Orchestration } from '../orchestration.ts';
import { resolveTarget, type Target } from '../target.ts';

export interface BundleContents {
  readonly index: BundleIndex;
  /** Where each digest's bytes are published: for those whose blob is gone. */
  readonly published: ReadonlyMap<Sha256, string>;
}

/** Equal stores and manifests give equal contents, whatever the order of the names. */
export async function bundleContents(work: Orchestration, modelIds: readonly string[]): Promise<BundleContents> {
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
  const { record, files } = inspectTarget(work, target);
  const missing = files.filter((file) => faultOf(file) !== undefined).map((file) => file.spec.path);
  if (record === undefined || missing.length > 0) throw notComplete(label, missing);
  const specs = new Map(spec.files.map((file) => [file.path, file]));
  const bundled = record.files.flatMap(({ path, sha256, key, derived }): BundleFile[] => {
    const file = specs.get(path);
    if (file === undefined) return [];
    if (file.sha256 !== sha256) throw notPinned(label, path);
    return [{ path, sizeBytes: key.sizeBytes, sha256, ...(derived && { derived }) }];
  });
  return { model: { ref: label, family: spec.family, files: bundled }, directory };
}

const notComplete = (label: string, missing: readonly string[]): ModelError =>
  new ModelError('INCOMPLETE_DOWNLOAD', `${label} is not complete here: only what is proven goes into a bundle`, {
    reason: 'not_complete',
    retryable: false,
    hint: `make it complete with \`wan models ensure ${label}\``,
    details: { model: label, missing_files: missing },
  });

/** Elsewhere nobody could prove it. */
const notPinned = (label: string, path: string): ModelError =>
  new ModelError('LOCKFILE_STALE', `${label}: neither manifest nor lockfile has the sha256 of ${path}: nobody could prove it elsewhere`, {
    reason: 'not_pinned',
    hint: 'pin it with `wan models lock`',
    details: { model: label, file: path },
  });
