import type { showData } from '../documents/show.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { ComponentWeights, WeightFile, WeightsReport } from '../domain/results.ts';
import type { FileSpec, ModelSpec, OverlaySpec } from '../domain/spec.ts';
import { errorDocumentWire } from './error-wire.ts';
import { totalBytesOf } from './spec-wire.ts';
import type { Wire } from './wire.ts';

type ShowWire = Wire<typeof showData>;

export interface ShownPlace {
  readonly path: string;
  /** Redacted. */
  readonly sources: readonly string[];
  readonly weights: WeightsReport;
  /** Whether every tensor is listed. */
  readonly tensors: boolean;
}

/** `path`: where the model is or would be; `sources`: redacted. */
export const showWire = (spec: ModelSpec, { path, sources, weights, tensors }: ShownPlace): ShowWire => ({
  ref: formatRef(spec.ref),
  variant: spec.variant,
  model_id: spec.modelId,
  name: spec.name,
  version: spec.version,
  family: spec.family,
  ...(spec.type !== undefined && { type: spec.type }),
  description: spec.description,
  path,
  variants: spec.variants,
  default_variant: spec.defaultVariant,
  ...(spec.environments !== undefined && { environments: spec.environments }),
  ...(spec.derivation !== undefined && { derivation: spec.derivation }),
  file_count: spec.files.length,
  total_bytes: totalBytesOf(spec),
  sources,
  allow_patterns: spec.allowPatterns,
  required_components: spec.requiredComponents,
  optional_components: spec.optionalComponents,
  component_aliases: spec.componentAliases ?? [],
  components: weights.components.map(componentWire),
  resolution_caps: spec.resolutionCaps,
  base_family: spec.baseFamily,
  lora_required: spec.loraRequired,
  overlays: (spec.overlays ?? []).map(overlayWire),
  applied_overlays: (spec.applied ?? []).map(({ name }) => name),
  ...(spec.pipeline !== undefined && { pipeline: pipelineWire(spec.pipeline) }),
  defaults: spec.defaults,
  ...(spec.vramEstimation !== undefined && { vram_estimation: vramWire(spec.vramEstimation) }),
  ...(spec.license !== undefined && { license: spec.license }),
  tags: spec.tags,
  spec_digest: spec.specDigest,
  files: spec.files.map(fileWire),
  ...(tensors && { weights: weights.files.map(weightWire) }),
});

const componentWire = (one: ComponentWeights): ShowWire['components'][number] => ({
  ...(one.component !== undefined && { component: one.component }),
  ...(one.overlay !== undefined && { overlay: one.overlay }),
  ...(one.mountedFrom !== undefined && { mounted_from: one.mountedFrom }),
  file_count: one.fileCount,
  total_bytes: one.totalBytes,
  proof: one.proof,
  weight_file_count: one.weightFileCount,
  read_file_count: one.readFileCount,
  missing_weights: one.missing,
  unread_weights: one.unread,
  tensor_count: one.tensorCount,
  parameter_count: one.parameterCount,
  parameters_by_dtype: one.parametersByDtype,
});

const pipelineWire = (pipeline: NonNullable<ModelSpec['pipeline']>): NonNullable<ShowWire['pipeline']> => ({
  ...(pipeline.className !== undefined && { class: pipeline.className }),
  ...(pipeline.classWrittenAs !== undefined && { class_written_as: pipeline.classWrittenAs }),
  modes: pipeline.modes,
  required_components: pipeline.requiredComponents,
  forbidden_components: pipeline.forbiddenComponents,
  required_inputs: pipeline.requiredInputs,
  forbidden_inputs: pipeline.forbiddenInputs,
});

const vramWire = (vram: NonNullable<ModelSpec['vramEstimation']>): NonNullable<ShowWire['vram_estimation']> => ({
  ...(vram.paramsBillion !== undefined && { params_billion: vram.paramsBillion }),
  ...(vram.hiddenSize !== undefined && { hidden_size: vram.hiddenSize }),
  ...(vram.layers !== undefined && { layers: vram.layers }),
  ...(vram.familySize !== undefined && { family_size: vram.familySize }),
  ...(vram.baseVramGb !== undefined && { base_vram_gb: vram.baseVramGb }),
  ...(vram.perFrameVramMb !== undefined && { per_frame_vram_mb: vram.perFrameVramMb }),
  ...(vram.minVramGb !== undefined && { min_vram_gb: vram.minVramGb }),
  ...(vram.measuredPeakGb !== undefined && { measured_peak_gb: vram.measuredPeakGb }),
});

const overlayWire = ({ name, description, baseFamily, defaults, files }: OverlaySpec): ShowWire['overlays'][number] => ({
  name,
  ...(description !== undefined && { description }),
  ...(baseFamily !== undefined && { base_family: baseFamily }),
  defaults,
  files: files.map(({ path, appliesTo, weight }) => ({ path, ...(appliesTo !== undefined && { applies_to: appliesTo }), weight })),
});

const fileWire = (file: FileSpec): ShowWire['files'][number] => ({
  path: file.path,
  size_bytes: file.sizeBytes,
  ...(file.sha256 !== undefined && { sha256: file.sha256 }),
  proof: file.proof,
  optional: file.optional,
  ...(file.component !== undefined && { component: file.component }),
  ...(file.overlay !== undefined && { overlay: file.overlay }),
  ...(file.mountedFrom !== undefined && { mounted_from: file.mountedFrom }),
  ...(file.derive !== undefined && { derived: file.derive.dtype }),
});

const weightWire = ({ path, tensors, error }: WeightFile): NonNullable<ShowWire['weights']>[number] => ({
  path,
  ...(tensors !== undefined && { tensors }),
  ...(error !== undefined && { error: errorDocumentWire(error) }),
});
