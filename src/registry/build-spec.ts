/** A model of the manifest -> the spec of one variant. */
import { hash } from 'node:crypto';
import { parseSha256, type Sha256, sha256Of } from '../domain/digest.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { FileOrigin, FileSpec, ModelSpec, PipelineSpec, VramEstimation } from '../domain/spec.ts';
import { compileGlobs } from '../util/glob.ts';
import type { ManifestComponent, ManifestFile, ManifestModel } from './manifest-schema.ts';
import { DEFAULT_FAMILY, filesOfVariant, mountedPath, ONLY_VARIANT } from './variant-files.ts';

export interface SpecInput {
  readonly model: ManifestModel;
  readonly variant: string;
  readonly overlay?: string | undefined;
  readonly component: (id: string) => ManifestComponent | undefined;
}

export function buildSpec(ref: CanonicalRef, input: SpecInput): ModelSpec {
  const { model, variant } = input;
  const [name = '', version = ''] = ref.modelId.split('@');
  const variants = model.variants ?? [ONLY_VARIANT];
  const files = variantFiles(input);
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
    requiredComponents: model.required_components ?? [],
    optionalComponents: model.optional_components ?? [],
    resolutionCaps: model.resolution_caps ?? [],
    loraRequired: model.lora_required ?? false,
    defaults: model.defaults ?? {},
    tags: model.tags ?? [],
    ...rareParts(model, variant),
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
function rareParts(model: ManifestModel, variant: string): Partial<ModelSpec> {
  const { derive_from: from, dtype, derive_components: components, files } = model.variant?.[variant] ?? {};
  return {
    ...(model.type !== undefined && { type: model.type }),
    ...(model.license !== undefined && { license: model.license }),
    ...(model.pipeline !== undefined && { pipeline: pipelineOf(model.pipeline) }),
    ...(model.vram_estimation !== undefined && { vramEstimation: vramOf(model.vram_estimation) }),
    ...(model.environments !== undefined && { environments: model.environments }),
    ...(model.overlays !== undefined && { overlays: Object.keys(model.overlays) }),
    ...(from !== undefined && dtype !== undefined && { derivation: { from, dtype, ...(components !== undefined && { components }) } }),
    ...(model.files === undefined && files === undefined && { filesOpen: true }),
  };
}

/** Every file of the variant: the model's own, then the mounted ones, then the overlay's. */
export function variantFiles(input: SpecInput): FileSpec[] {
  const { model, variant } = input;
  const own = filesOfVariant(variant, model.files ?? [], model.variant?.[variant]?.files ?? []);
  return [...own.map((file) => fileSpec(file)), ...mountedFiles(input), ...overlayFiles(input)];
}

function mountedFiles({ model, variant, component, ...input }: SpecInput): FileSpec[] {
  const modelSources = sourcesOf({ model, variant, component, ...input });
  return Object.entries(model.mounts ?? {}).flatMap(([name, mount]) => {
    const { component: id, path: folder = name } = typeof mount === 'string' ? { component: mount } : mount;
    const mounted = component(id);
    const files = allowed(filesOfVariant(variant, mounted?.files ?? [], []), mounted?.sources?.allow_patterns, mounted?.allow_patterns);
    return files.map((file) => {
      const path = mountedPath(folder, file.path);
      const own = originsAt(mounted?.sources?.priority ?? [], file.path);
      const origins = own.length === 0 ? undefined : [...own, ...originsAt(modelSources, path)];
      return { ...fileSpec({ ...file, path, component: name }), mountedFrom: id, ...(origins !== undefined && { origins }) };
    });
  });
}

function overlayFiles({ model, variant, overlay }: SpecInput): FileSpec[] {
  const found = overlay === undefined ? undefined : model.overlays?.[overlay];
  const files = allowed(filesOfVariant(variant, found?.files ?? [], []), found?.sources?.allow_patterns);
  const sources = found?.sources?.priority;
  return files.map((file) => ({ ...fileSpec(file), ...(sources !== undefined && { origins: originsAt(sources, file.path) }) }));
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

/** The variant's own sources stand instead of the model's. */
const sourcesInForce = ({ model, variant }: SpecInput) => model.variant?.[variant]?.sources ?? model.sources;

const sourcesOf = (input: SpecInput): readonly string[] => sourcesInForce(input)?.priority ?? [];

function allowPatterns(input: SpecInput): readonly string[] {
  return [...new Set([...(input.model.allow_patterns ?? []), ...(sourcesInForce(input)?.allow_patterns ?? [])])];
}

function allowed(files: ManifestFile[], ...lists: readonly (readonly string[] | undefined)[]): ManifestFile[] {
  const patterns = lists.flatMap((list) => list ?? []);
  if (patterns.length === 0) return files;
  const matches = compileGlobs(patterns);
  return files.filter((file) => matches(file.path));
}

function pipelineOf(pipeline: NonNullable<ManifestModel['pipeline']>): PipelineSpec {
  return {
    ...(pipeline.class !== undefined && { className: pipeline.class }),
    requiredComponents: pipeline.required_components ?? [],
    forbiddenComponents: pipeline.forbidden_components ?? [],
    modes: pipeline.modes ?? [],
  };
}

function vramOf(vram: NonNullable<ManifestModel['vram_estimation']>): VramEstimation {
  return {
    ...(vram.params_billion !== undefined && { paramsBillion: vram.params_billion }),
    ...(vram.family_size !== undefined && { familySize: vram.family_size }),
    ...(vram.base_vram_gb !== undefined && { baseVramGb: vram.base_vram_gb }),
    ...(vram.per_frame_vram_mb !== undefined && { perFrameVramMb: vram.per_frame_vram_mb }),
    ...(vram.min_vram_gb !== undefined && { minVramGb: vram.min_vram_gb }),
    ...(vram.measured_peak_gb !== undefined && { measuredPeakGb: vram.measured_peak_gb }),
  };
}

/** What decides the bytes and nothing else; the order of the manifest does not count. */
function digestOf(files: readonly FileSpec[]): Sha256 {
  const rows = files.map(({ path, sizeBytes, sha256, optional }) => [path, sizeBytes, sha256 ?? null, optional] as const);
  rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sha256Of(hash('sha256', JSON.stringify(rows), 'hex'));
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) deepFreeze(inner as object);
  return Object.freeze(value);
}
