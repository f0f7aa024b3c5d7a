/** A model of the manifest -> the spec of one variant. */
import { hash } from 'node:crypto';
import { DERIVED_DTYPES } from '../domain/derived.ts';
import { parseSha256, type Sha256, sha256Of } from '../domain/digest.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { Derivation, FileOrigin, FileSpec, ModelSpec, OverlaySpec, PartLock, PipelineSpec, VramEstimation } from '../domain/spec.ts';
import { compileGlobs } from '../util/glob.ts';
import { componentAliases, componentsMeant, pipelineClassMeant } from './aliases.ts';
import { derivedFiles } from './derived-files.ts';
import { derivedPinner, derivedState } from './derived-pins.ts';
import { type LockOwner, overlayKey, ownerOfComponent, ownersOfModel, usesBase, variantKey } from './lock-owners.ts';
import type { LockView } from './lock-view.ts';
import { atRevision, type FindLock, listedFiles, partOf, pinner } from './locked-files.ts';
import type { ManifestComponent, ManifestFile, ManifestModel } from './manifest-schema.ts';
import { overlaySpec, overlaysFile, requireDistinct } from './overlays.ts';
import { DEFAULT_FAMILY, filesOfVariant, mountedPath, ONLY_VARIANT } from './variant-files.ts';

export interface SpecInput {
  readonly modelId: string;
  readonly model: ManifestModel;
  readonly variant: string;
  /** Those in force, in the order in which they apply. */
  readonly overlays: readonly string[];
  readonly component: (id: string) => ManifestComponent | undefined;
  /** What the lockfile says of a part of the manifest. */
  readonly lock: FindLock;
}

export function buildSpec(ref: CanonicalRef, input: SpecInput): ModelSpec {
  const { model, variant } = input;
  const [name = '', version = ''] = ref.modelId.split('@');
  const variants = model.variants ?? [ONLY_VARIANT];
  const base = variantFiles(input);
  const components = [...new Set(base.flatMap(({ component }) => component ?? []))];
  const aliases = componentAliases(components);
  const overlays = Object.entries(model.overlays ?? {}).map(([key, overlay]) => overlaySpec(key, overlay, components));
  const applied = input.overlays.flatMap((wanted) => overlays.find((overlay) => overlay.name === wanted) ?? []);
  const files = applied.length === 0 ? base : [...base, ...viewFiles(ref, { ...input, applied })];
  const spec = deepFreeze({
    ref,
    variant,
    modelId: ref.modelId,
    name,
    version,
    family: model.family ?? DEFAULT_FAMILY,
    description: model.description ?? '',
    variants,
    defaultVariant: model.default_variant ?? variants[0] ?? ONLY_VARIANT,
    files,
    sources: sourcesOf(input),
    allowPatterns: allowPatterns(input),
    requiredComponents: meant(model.required_components, components),
    optionalComponents: meant(model.optional_components, components),
    resolutionCaps: model.resolution_caps ?? [],
    loraRequired: model.lora_required ?? false,
    baseFamily: model.base_family ?? name,
    defaults: Object.assign({}, model.defaults, ...applied.map(({ defaults }) => defaults)),
    tags: model.tags ?? [],
    lock: partLocks(input, base),
    ...(aliases.length > 0 && { componentAliases: aliases }),
    ...(overlays.length > 0 && { overlays }),
    ...(applied.length > 0 && { applied }),
    ...rareParts(input, components),
  });
  let digest: Sha256 | undefined;
  return Object.freeze({
    ...spec,
    // Most callers never ask, and the warm path must not pay for node:crypto.
    get specDigest() {
      digest ??= digestOf(files);
      return digest;
    },
  });
}

/** What most models leave out. */
function rareParts(input: SpecInput, existing: readonly string[]): Partial<ModelSpec> {
  const { model, variant } = input;
  const derivation = derivationOf(model, variant);
  return {
    ...(model.type !== undefined && { type: model.type }),
    ...(model.license !== undefined && { license: model.license }),
    ...(model.pipeline !== undefined && { pipeline: pipelineOf(model.pipeline, existing) }),
    ...(model.vram_estimation !== undefined && { vramEstimation: vramOf(model.vram_estimation) }),
    ...(model.environments !== undefined && { environments: model.environments }),
    ...(derivation !== undefined && { derivation }),
    ...(hasOpenPart(input) && { filesOpen: true }),
  };
}

/** Undefined where the variant is fetched. */
function derivationOf(model: ManifestModel, variant: string): Derivation | undefined {
  const { derive_from: from, dtype, derive_components: components } = model.variant?.[variant] ?? {};
  const known = DERIVED_DTYPES.find((name) => name === dtype);
  if (from === undefined || known === undefined) return undefined;
  return { from, dtype: known, ...(components !== undefined && { components }) };
}

/** The entries of the lockfile that the variant's directory depends on. */
function partsOf({ modelId, model, variant, overlays, component }: SpecInput): LockOwner[] {
  const mounted = Object.values(model.mounts ?? {}).map((mount) => (typeof mount === 'string' ? mount : mount.component));
  const meant = [variant, derivationOf(model, variant)?.from ?? variant];
  const names = [
    ...(meant.some((one) => usesBase(model, one)) ? [modelId] : []),
    ...meant.map((one) => variantKey(modelId, one)),
    ...overlays.map((overlay) => overlayKey(modelId, overlay)),
  ];
  return [
    ...ownersOfModel(modelId, model).filter(({ id }) => names.includes(id)),
    ...[...new Set(mounted)].flatMap((id) => ownerOfComponent(id, component(id) ?? {})),
  ];
}

function partLocks(input: SpecInput, files: readonly FileSpec[]): PartLock[] {
  const own = variantKey(input.modelId, input.variant);
  return partsOf(input).map((owner) => {
    const view = input.lock(owner);
    const part = partOf(owner, view);
    return view === undefined || owner.derivation === undefined || owner.id !== own ? part : { ...part, state: derivedState(files, view) };
  });
}

/** A list that the manifest leaves open, and that is not pinned for what the manifest says now. */
export const hasOpenPart = (input: SpecInput): boolean =>
  partsOf(input).some((owner) => owner.files === undefined && input.lock(owner)?.state !== 'locked');

/** Every file of the variant: the model's own, then the mounted ones; of a derived one those of what it is made from, as they become. */
export function variantFiles(input: SpecInput): FileSpec[] {
  const { model, variant } = input;
  const own = [...ownFiles(input), ...mountedFiles(input)];
  const derivation = derivationOf(model, variant);
  if (derivation === undefined) return own;
  const replaced = new Set(model.variant?.[variant]?.files?.map((file) => file.path));
  const files = derivedFiles({ base: variantFiles({ ...input, variant: derivation.from }), own, replaced, derivation });
  return files.map(derivedPinner(ownViews(input).own));
}

interface OwnViews {
  readonly base?: LockView | undefined;
  readonly own?: LockView | undefined;
}

function ownViews({ modelId, model, variant, lock }: SpecInput): OwnViews {
  const base = usesBase(model, variant) ? lock({ kind: 'models', id: modelId }) : undefined;
  return { base, own: lock({ kind: 'models', id: variantKey(modelId, variant) }) };
}

function ownFiles(input: SpecInput): FileSpec[] {
  const { model, variant } = input;
  const { base, own } = ownViews(input);
  const table = model.variant?.[variant];
  const files = filesOfVariant(variant, listedFiles(model.files, base), listedFiles(table?.files, own));
  return files.map((file) => fileSpec(file)).map(pinner(variant, base, own));
}

function mountedFiles(input: SpecInput): FileSpec[] {
  const { model, variant, component, lock } = input;
  const modelSources = sourcesOf(input);
  return Object.entries(model.mounts ?? {}).flatMap(([name, mount]) => {
    const { component: id, path: folder = name } = typeof mount === 'string' ? { component: mount } : mount;
    const mounted = component(id);
    const view = lock({ kind: 'components', id });
    const listed = filesOfVariant(variant, listedFiles(mounted?.files, view), []);
    const files = allowed(listed, mounted?.sources?.allow_patterns, mounted?.allow_patterns);
    const pin = pinner(variant, view);
    return files.map((file) => {
      const path = mountedPath(folder, file.path);
      const own = originsAt(atRevision(mounted?.sources?.priority ?? [], view), file.path);
      const origins = own.length === 0 ? undefined : [...own, ...originsAt(modelSources, path)];
      return { ...pin(fileSpec({ ...file, component: name })), path, mountedFrom: id, ...(origins !== undefined && { origins }) };
    });
  });
}

/** What an overlay view has beyond its base. */
function viewFiles(ref: CanonicalRef, { applied, ...input }: SpecInput & { readonly applied: readonly OverlaySpec[] }): FileSpec[] {
  const files = applied.flatMap(({ name }) => overlayFiles(input, name));
  requireDistinct(ref.modelId, files);
  return [...files, overlaysFile({ ref, variant: input.variant, applied, files })];
}

function overlayFiles({ modelId, model, variant, lock }: SpecInput, name: string): FileSpec[] {
  const found = model.overlays?.[name];
  const view = lock({ kind: 'models', id: overlayKey(modelId, name) });
  const files = allowed(filesOfVariant(variant, listedFiles(found?.files, view), []), found?.sources?.allow_patterns);
  const sources = found?.sources && atRevision(found.sources.priority, view);
  const pin = pinner(variant, view);
  return files.map((file) => ({
    ...pin(fileSpec(file)),
    overlay: name,
    ...(sources !== undefined && { origins: originsAt(sources, file.path) }),
  }));
}

function fileSpec(file: ManifestFile): FileSpec {
  const sha256 = file.sha256 === undefined ? undefined : parseSha256(file.sha256);
  return {
    path: file.path,
    sizeBytes: file.size,
    ...(sha256 !== undefined && { sha256 }),
    proof: sha256 === undefined ? 'size-only' : 'manifest-sha256',
    optional: file.optional ?? false,
    ...(file.component !== undefined && { component: file.component }),
    ...(file.variants !== undefined && { variants: file.variants }),
    ...(file.url !== undefined && { url: file.url }),
    shardIndex: file.shard_index ?? false,
    ...(file.shard_part !== undefined && { shardPart: file.shard_part }),
  };
}

const originsAt = (sources: readonly string[], path: string): FileOrigin[] => sources.map((source) => ({ source, path }));

/** The variant's own sources stand instead of the model's; a derived one has those of what it is made from. */
function sourcesInForce({ model, variant }: Pick<SpecInput, 'model' | 'variant'>): ManifestModel['sources'] {
  const base = derivationOf(model, variant)?.from;
  return model.variant?.[variant]?.sources ?? (base === undefined ? undefined : model.variant?.[base]?.sources) ?? model.sources;
}

function sourcesOf(input: SpecInput): readonly string[] {
  const { base, own } = ownViews(input);
  return atRevision(atRevision(sourcesInForce(input)?.priority ?? [], base), own);
}

function allowPatterns(input: SpecInput): readonly string[] {
  return [...new Set([...(input.model.allow_patterns ?? []), ...(sourcesInForce(input)?.allow_patterns ?? [])])];
}

function allowed(files: ManifestFile[], ...lists: readonly (readonly string[] | undefined)[]): ManifestFile[] {
  const patterns = lists.flatMap((list) => list ?? []);
  if (patterns.length === 0) return files;
  const matches = compileGlobs(patterns);
  return files.filter((file) => matches(file.path));
}

/** Older names of components as the names that they have here; what means nothing stays as it is written. */
const meant = (names: readonly string[] | undefined, existing: readonly string[]): readonly string[] => [
  ...new Set((names ?? []).flatMap((name) => orItself(name, componentsMeant(name, existing)))),
];

const orItself = (name: string, found: readonly string[]): readonly string[] => (found.length === 0 ? [name] : found);

function pipelineOf(pipeline: NonNullable<ManifestModel['pipeline']>, components: readonly string[]): PipelineSpec {
  const { class: written } = pipeline;
  const className = written === undefined ? undefined : pipelineClassMeant(written);
  return {
    ...(className !== undefined && { className }),
    ...(written !== className && written !== undefined && { classWrittenAs: written }),
    requiredComponents: meant(pipeline.required_components, components),
    forbiddenComponents: pipeline.forbidden_components ?? [],
    modes: pipeline.modes ?? [],
    requiredInputs: pipeline.required_inputs ?? [],
    forbiddenInputs: pipeline.forbidden_inputs ?? [],
  };
}

function vramOf(vram: NonNullable<ManifestModel['vram_estimation']>): VramEstimation {
  return {
    ...(vram.params_billion !== undefined && { paramsBillion: vram.params_billion }),
    ...(vram.hidden_size !== undefined && { hiddenSize: vram.hidden_size }),
    ...(vram.layers !== undefined && { layers: vram.layers }),
    ...(vram.family_size !== undefined && { familySize: vram.family_size }),
    ...(vram.base_vram_gb !== undefined && { baseVramGb: vram.base_vram_gb }),
    ...(vram.per_frame_vram_mb !== undefined && { perFrameVramMb: vram.per_frame_vram_mb }),
    ...(vram.min_vram_gb !== undefined && { minVramGb: vram.min_vram_gb }),
    ...(vram.measured_peak_gb !== undefined && { measuredPeakGb: vram.measured_peak_gb }),
  };
}

/** What decides the bytes and nothing else; the order of the manifest does not count. */
function digestOf(files: readonly FileSpec[]): Sha256 {
  const rows = files.map(({ path, sizeBytes, sha256, optional, derive }) => {
    const made = derive?.inputs.map((input) => input.sha256 ?? null);
    return [path, sizeBytes, sha256 ?? null, optional, ...(derive === undefined ? [] : [derive.dtype, made])] as const;
  });
  rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sha256Of(hash('sha256', JSON.stringify(rows), 'hex'));
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) deepFreeze(inner as object);
  return Object.freeze(value);
}
