/** Whose word counts for the models of a bundle: that of the manifest here, into which they are put only where that was asked for. */
import { resolve } from 'node:path';
import { badBundle } from '../../backends/bundle/bad-bundle.ts';
import type { BundleIndex, BundleModel } from '../../backends/bundle/bundle-index.ts';
import type { BundleApplied } from '../../domain/bundle-results.ts';
import { asModelError, type ErrorCode, isModelError, ModelError } from '../../domain/errors.ts';
import { parseModelRef } from '../../domain/model-ref.ts';
import type { ModelSpec } from '../../domain/spec.ts';
import { examineManifest } from '../../registry/compile-manifest.ts';
import { EMPTY_LOCKFILE, type Lockfile, lockfileText } from '../../registry/lockfile.ts';
import { lockfilePath } from '../../registry/manifest-file.ts';
import { notOfPart, pinsOfNew, withPart } from '../../registry/manifest-part.ts';
import { readManifestSyntax } from '../../registry/manifest-syntax.ts';
import { ModelRegistry } from '../../registry/model-registry.ts';
import type { OpenedLock } from '../../registry/open-lock.ts';
import { readLockfile } from '../../registry/read-lockfile.ts';
import type { RawTable } from '../../registry/rules/raw-table.ts';
import { openOrEmpty } from '../add.ts';
import type { CallOptions } from '../api.ts';
import type { Orchestration } from '../orchestration.ts';
import { replaceFile, withManifestLock } from '../write-manifest.ts';

/** Models that the bundle carries an entry for may be in no manifest. @throws ModelError MODEL_NOT_FOUND, VARIANT_NOT_FOUND, MISSING_MANIFEST; DRIFT where the manifest means other bytes */
export async function checkManifest(
  registry: () => Promise<ModelRegistry>,
  bundle: string,
  { models, entries }: BundleIndex,
): Promise<ModelRegistry> {
  const known = await registry().catch((error: unknown) => {
    throw withWayOut(error);
  });
  for (const model of models) {
    if (entries?.has(model.ref) && !known.isInManifest(model.ref)) continue;
    const spec = specOf(known, model);
    const differing = differingFiles(spec, model);
    if (differing.length > 0) throw otherBytes(bundle, model.ref, differing);
  }
  return known;
}

function specOf(registry: ModelRegistry, { ref }: BundleModel): ModelSpec {
  try {
    return registry.spec(ref);
  } catch (error) {
    throw withWayOut(error);
  }
}

const UNKNOWN: readonly ErrorCode[] = ['MODEL_NOT_FOUND', 'VARIANT_NOT_FOUND', 'MISSING_MANIFEST'];

function withWayOut(thrown: unknown): ModelError {
  const error = asModelError(thrown);
  if (!UNKNOWN.includes(error.code)) return error;
  return error.with({ hint: 'the bundle carries what it says of its models: --manifest-out FILE puts that into a manifest' });
}

function differingFiles({ family, files }: ModelSpec, model: BundleModel): string[] {
  if (family !== model.family) return [`family ${model.family}`];
  const known = new Map(files.map((file) => [file.path, file]));
  return model.files.filter(({ path, sha256 }) => known.get(path)?.sha256 !== sha256).map(({ path }) => path);
}

const otherBytes = (bundle: string, ref: string, paths: readonly string[]): ModelError =>
  new ModelError('DRIFT', `${bundle}: the manifest here means other bytes of ${ref}: ${paths.slice(0, 3).join(', ')}`, {
    reason: 'manifest_differs',
    hint: 'make the bundle anew from the same manifest and lockfile, or apply it with a manifest of its own: --manifest-out FILE',
    details: { model: ref, files: paths },
  });

export interface MergedManifest {
  readonly opened: OpenedLock;
  readonly text: string;
  readonly lockText: string | undefined;
  readonly registry: ModelRegistry;
  readonly added: readonly string[];
}

/** What a manifest would be with the bundle's models in it. Writes nothing. @throws ModelError FORMAT_INVALID, MANIFEST_INVALID, DRIFT */
export async function mergeManifest(path: string, bundle: string, index: BundleIndex): Promise<MergedManifest> {
  const opened = openOrEmpty(resolve(path));
  const before = opened.manifestBytes.toString('utf8');
  const here = treeOf(opened.manifestPath, Buffer.from(before));
  const carried = carriedPart(bundle, index);
  const text = withPart(before || 'schema_version = 1\n', carried.tree, here);
  const lockfile = mergeLocks(opened.lockfile, pinsOfNew(carried.lockfile, here));
  const isPinned = lockfile.models.size + lockfile.components.size > 0;
  const lockText = opened.lockBytes === undefined && !isPinned ? undefined : lockfileText(lockfile, opened.lockBytes);
  const lock = lockText === undefined ? undefined : { path: opened.lockPath, bytes: Buffer.from(lockText) };
  const registry = await ModelRegistry.of({ path: opened.manifestPath, bytes: Buffer.from(text) }, lock);
  await checkManifest(async () => registry, bundle, index);
  const known = new Set(opened.modelIds);
  const added = registry.listModels().flatMap(({ modelId }) => (known.has(modelId) ? [] : [modelId]));
  return { opened, text, lockText, registry, added };
}

export async function writeMerged(
  work: Orchestration,
  { path, bundle, index, options }: { path: string; bundle: string; index: BundleIndex; options: CallOptions },
): Promise<NonNullable<BundleApplied['manifest']>> {
  const manifestPath = resolve(path);
  return withManifestLock({ ...work, manifestPath }, { ...options, doing: `bundle apply to ${manifestPath}` }, async () => {
    const { opened, text, lockText, added } = await mergeManifest(manifestPath, bundle, index);
    // The pins first: without a model they mean nothing, and a model that is here without them gets none from a bundle any more.
    if (lockText !== undefined) await replaceFile({ path: opened.lockPath, before: opened.lockBytes, text: lockText });
    await replaceFile({ path: manifestPath, before: opened.manifestBytes.length === 0 ? undefined : opened.manifestBytes, text });
    return { path: manifestPath, lockfilePath: lockfilePath(manifestPath), added };
  });
}

/** Of the models that the index names, and of nothing else: who reads the index knows what comes. */
function carriedPart(bundle: string, index: BundleIndex): { readonly tree: RawTable; readonly lockfile: Lockfile } {
  const [tree, lockfile] = [carriedTree(bundle, index), carriedLock(bundle, index)];
  const ofManifest = index.models.filter(({ ref }) => !index.entries?.has(ref)).map(({ ref }) => parseModelRef(ref));
  const modelIds = ofManifest.map(({ name, version = '' }) => `${name}@${version}`);
  const strangers = [...new Set(notOfPart(tree, lockfile, [...new Set(modelIds)]))];
  if (strangers.length === 0) return { tree, lockfile };
  const named = strangers.slice(0, 3).join(', ');
  throw badBundle(bundle, 'manifest_of_others', `its manifest and lockfile are not those of just its models: ${named}`, { ids: strangers });
}

function carriedTree(bundle: string, { manifest }: BundleIndex): RawTable {
  const file = { path: `the manifest in ${bundle}`, bytes: Buffer.from(manifest) };
  const examined = examineManifest(file);
  if ('problems' in examined)
    throw badBundle(bundle, 'manifest_invalid', `its manifest is not valid: ${examined.problems[0]?.message ?? ''}`);
  return treeOf(file.path, file.bytes);
}

const treeOf = (path: string, bytes: Buffer) => readManifestSyntax(path, bytes).tree ?? {};

function carriedLock(bundle: string, { lockfile }: BundleIndex): Lockfile {
  if (lockfile === undefined) return EMPTY_LOCKFILE;
  try {
    return readLockfile({ path: `the lockfile in ${bundle}`, bytes: Buffer.from(lockfile) }).lockfile;
  } catch (error) {
    if (!isModelError(error, 'LOCKFILE_STALE')) throw error;
    throw badBundle(bundle, 'lockfile_invalid', error.message);
  }
}

/** What is pinned here stays as it is. */
const mergeLocks = (here: Lockfile, carried: Lockfile): Lockfile => ({
  components: new Map([...carried.components, ...here.components]),
  models: new Map([...carried.models, ...here.models]),
});
