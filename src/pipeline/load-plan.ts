/** `loadPlan`: what a loader does with a model, decided before a GPU is touched. */
import { join } from 'node:path';
import { throwIfCancelled } from '../domain/cancelled.ts';
import type { LoadPlan, PlannedComponent, VaePlan } from '../domain/load-plan.ts';
import type { MemoryComponent, MemoryEstimate, OffloadStrategy, StrategyEstimate } from '../domain/memory-estimate.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { ComponentWeights, WeightsReport } from '../domain/results.ts';
import type { FileSpec, ModelDefaults, ModelSpec } from '../domain/spec.ts';
import type { ResolvedRequest, VideoRequest } from '../domain/video-request.ts';
import type { EnsureOptions, ModelOrchestrator } from '../orchestrator/api.ts';
import { architectureOf, decoderOf } from './architecture.ts';
import { checkPrompt, type PromptCheck } from './check-prompt.ts';
import { encoderDigest } from './embedding-cache/encoder-digest.ts';
import { ESTIMATE_ERROR, estimateMemory } from './estimate-memory.ts';
import { isTransformer, loadedComponents } from './loaded-components.ts';
import { checkModelIndex, type ModelIndex, readModelIndex } from './model-index.ts';
import { profileOf, type VideoProfile } from './profile.ts';
import { resolveRequest } from './validate-request.ts';

export interface LoadPlanOptions extends EnsureOptions {
  readonly request?: VideoRequest;
  /** Memory of the GPU; absent: nothing is chosen for it. */
  readonly gpuBytes?: number;
  /** Instead of the one that fits. */
  readonly offload?: OffloadStrategy;
  /** Make the model real first; otherwise what is missing is said. */
  readonly ensure?: boolean;
}

/** @throws ModelError INVALID_INPUT for a request that the model cannot meet, before anything is fetched */
export async function loadPlan(orchestrator: ModelOrchestrator, modelId: string, options: LoadPlanOptions = {}): Promise<LoadPlan> {
  const spec = await orchestrator.show(modelId, options);
  const profile = profileOf(spec);
  const request = resolveRequest(profile, formatRef(spec.ref), options.request ?? {});
  const unchecked = await checkAndEnsure(orchestrator, modelId, { ...options, check: { spec, profile, prompt: options.request?.prompt } });
  if (options.signal !== undefined) throwIfCancelled(options.signal, `plan ${formatRef(spec.ref)}`);
  const weights = await orchestrator.weights(modelId, options);
  const { state } = await orchestrator.status(modelId, options);
  const index = await readModelIndex(weights.path);
  if (index !== undefined) checkModelIndex(spec, index);
  const memory = await memoryOf({ spec, profile, request, weights, options });
  const strategy = options.offload === undefined ? memory?.chosen : (memory?.chosen ?? memory?.strategies[0]);
  const { className = index?.pipelineClass } = spec.pipeline ?? {};
  const isDiffusers = !isNative(className);
  const textEncoderDigest = encoderDigest(spec.files);
  const loaded = memory?.components ?? loadedComponents(spec, weights);
  return {
    ref: spec.ref,
    variant: spec.variant,
    path: weights.path,
    complete: state === 'COMPLETE',
    library: isDiffusers ? 'diffusers' : 'native',
    ...(className !== undefined && { pipelineClass: classFor(className, request) }),
    components: plannedComponents(spec, weights, { index, loaded, isDiffusers }),
    ...(textEncoderDigest && { textEncoderDigest }),
    request,
    defaults: spec.defaults,
    overlays: spec.applied ?? [],
    ...(memory && { memory }),
    ...(strategy && { strategy }),
    vae: vaeOf(spec.defaults, strategy),
    warnings: [
      ...(unchecked === undefined ? [] : [unchecked]),
      ...warningsOf({ spec, profile, request, weights, memory, strategy, gpuBytes: options.gpuBytes }),
    ],
  };
}

/** The prompt is checked before anything is fetched where the tokenizer is here, else once it is. @returns what could not be checked */
async function checkAndEnsure(
  orchestrator: ModelOrchestrator,
  modelId: string,
  { check, ...options }: LoadPlanOptions & { readonly check: PromptCheck },
): Promise<string | undefined> {
  const { path } = await orchestrator.status(modelId, options);
  const unchecked = await checkPrompt(check, path);
  if (options.ensure !== true) return unchecked;
  const ensured = await orchestrator.ensure(modelId, options);
  return unchecked === undefined ? undefined : checkPrompt(check, ensured);
}

/** diffusers makes a video from an image with another class, also with a model that does both (expand_timesteps). */
const classFor = (className: string, { mode }: ResolvedRequest): string =>
  className === 'WanPipeline' && mode === 'i2v' ? 'WanImageToVideoPipeline' : className;

/** The classes of Wan-AI's own code; all others are diffusers'. */
const isNative = (className: string | undefined): boolean => /^Wan(?:T2V|I2V|TI2V|S2V|Animate)$/.test(className ?? '');

interface Facts {
  readonly spec: ModelSpec;
  readonly profile: VideoProfile;
  readonly request: ResolvedRequest;
  readonly weights: WeightsReport;
}

async function memoryOf({
  spec,
  profile,
  request,
  weights,
  options,
}: Facts & { options: LoadPlanOptions }): Promise<MemoryEstimate | undefined> {
  const architecture = await architectureOf(spec, weights.path);
  if (architecture === undefined) return undefined;
  const decoder = await decoderOf(spec, weights.path, profile.vaeStride[1]);
  const { gpuBytes, offload } = options;
  const components = loadedComponents(spec, weights);
  return estimateMemory({
    profile,
    request,
    architecture,
    decoder,
    components,
    gpuBytes,
    offload,
    tile: { size: tileOf(spec.defaults).tileSize },
  });
}

interface ComponentFacts {
  readonly index: ModelIndex | undefined;
  readonly loaded: readonly MemoryComponent[];
  readonly isDiffusers: boolean;
}

function plannedComponents(
  { files }: ModelSpec,
  { path, components }: WeightsReport,
  { index, loaded, isDiffusers }: ComponentFacts,
): PlannedComponent[] {
  const weighed = new Map(loaded.map((one) => [one.name, one]));
  return components.flatMap((one: ComponentWeights): PlannedComponent[] => {
    const { component: name, mountedFrom, missing } = one;
    if (name === undefined) return [];
    const { dtype, weightBytes = 0 } = weighed.get(name) ?? {};
    const className = index?.classes.get(name);
    const own = files.filter(({ component }) => component === name);
    return [
      {
        name,
        path: join(path, ...placeOf(own, isDiffusers)),
        ...(className !== undefined && { className }),
        ...(dtype !== undefined && { dtype: DTYPE_NAMES[dtype] ?? dtype.toLowerCase() }),
        weightBytes,
        ...(mountedFrom !== undefined && { mountedFrom }),
        missing,
      },
    ];
  });
}

/** As torch's users write them. */
const DTYPE_NAMES: Readonly<Record<string, string>> = { F32: 'fp32', BF16: 'bf16', F16: 'fp16' };

/** The folder that all files are in; diffusers loads folders, native code a component of one file by that. */
function placeOf(files: readonly FileSpec[], isDiffusers: boolean): string[] {
  const paths = files.map(({ path }) => path.split('/'));
  const [first = [], ...others] = paths;
  if (others.length === 0) return isDiffusers ? first.slice(0, -1) : first;
  const folders = first.slice(0, -1);
  const end = folders.findIndex((segment, at) => others.some((path) => path.length <= at + 1 || path[at] !== segment));
  return end < 0 ? folders : folders.slice(0, end);
}

/** diffusers' own tiles of AutoencoderKLWan, unless the manifest has others. */
const TILE = { tileSize: 256, tileStride: 192 };

function tileOf({ vae_tile_size: size, vae_tile_stride: stride }: ModelDefaults): typeof TILE {
  const tileSize = typeof size === 'number' ? size : TILE.tileSize;
  return { tileSize, tileStride: typeof stride === 'number' ? stride : Math.round((tileSize * TILE.tileStride) / TILE.tileSize) };
}

const vaeOf = (defaults: ModelDefaults, strategy: StrategyEstimate | undefined): VaePlan => ({
  tiled: strategy?.tiled ?? false,
  ...tileOf(defaults),
});

interface WarningFacts extends Facts {
  readonly memory: MemoryEstimate | undefined;
  readonly strategy: StrategyEstimate | undefined;
  readonly gpuBytes: number | undefined;
}

function warningsOf({ spec, profile, request, weights, memory, strategy, gpuBytes }: WarningFacts): string[] {
  const missing = weights.components.flatMap((one) => one.missing);
  const stored = memory?.components.filter(({ name }) => isTransformer(name)) ?? [];
  const isWide = stored.some(({ storedBytes, weightBytes }) => storedBytes > 1.5 * weightBytes);
  return [
    ...(missing.length > 0 ? [`${missing.length} files of weights are not here: what they hold is estimated by their size`] : []),
    ...(profile.usualFrames !== undefined && request.frames > profile.usualFrames
      ? [`${request.frames} frames are more than the ${profile.usualFrames} that the model was made for`]
      : []),
    ...(isWide && spec.variants.includes('bf16')
      ? [`the weights are stored in more bytes than they are used in: the variant bf16 halves what loading reads and needs in host memory`]
      : []),
    ...(memory === undefined ? ["no memory estimate: neither the transformer's config.json nor the manifest tells its shape"] : []),
    ...(gpuBytes !== undefined && memory !== undefined && memory.chosen === undefined
      ? [strategy === undefined ? 'no strategy fits this GPU' : 'it does not fit this GPU in that way']
      : []),
    ...(strategy?.fits === 'tight' ? [`it fits by the estimate, and not where that is ${ESTIMATE_ERROR * 100} % too low`] : []),
  ];
}
