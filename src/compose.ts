/** Config -> ModelOrchestrator: the only room that knows every other one. What is opened lazily is in compose/. */
import { configuredRecorder } from './compose/recording.ts';
import { Resources } from './compose/resources.ts';
import { configuredStore, storeContext } from './compose/store-context.ts';
import type { Config } from './config/config.ts';
import { type LoadConfigInput, loadConfig } from './config/load-config.ts';
import { processEnvironment } from './config/process-environment.ts';
import { pythonInterpreter } from './config/python-interpreter.ts';
import { requireManifestPath } from './config/require-manifest-path.ts';
import type { Via } from './domain/acts.ts';
import type { BundleInspected, BundleVerified } from './domain/bundle-results.ts';
import type { Emit, EventSink } from './domain/events.ts';
import type { PreparedImage } from './domain/image-conditioning.ts';
import type { LoadPlan } from './domain/load-plan.ts';
import type { SmokeReport } from './domain/smoke.ts';
import { newCorrelationId } from './observability/correlation-id.ts';
import { createEventBus, type EventBus } from './observability/event-bus.ts';
import type { CallOptions, ModelOrchestrator } from './orchestrator/api.ts';
import type { Orchestration } from './orchestrator/orchestration.ts';
import { RecordedVerbs } from './orchestrator/recorded-verbs.ts';
import type { PrepareImageOptions } from './pipeline/conditioning/prepare-image.ts';
import type { EmbeddingCache } from './pipeline/embedding-cache/embedding-cache.ts';
import type { WanPathsOptions } from './pipeline/get-wan-paths.ts';
import type { LoadPlanOptions } from './pipeline/load-plan.ts';
import type { SmokeOptions } from './pipeline/smoke/smoke-model.ts';
import { RegistryFile } from './registry/registry-file.ts';
import { Blobs } from './store/blobs.ts';
import type { Violation } from './store/check-invariants.ts';
import { Partials } from './store/partials.ts';
import type { RateCap } from './util/rate-cap.ts';
import { systemClock } from './util/system-world.ts';

export interface OrchestratorOptions {
  /** Receive every event of every call. */
  readonly sinks?: readonly EventSink[];
  /** By which door calls come in, as the audit log tells it. Default `library`. */
  readonly via?: Via;
  /** Of every call that brings none of its own: of a command, which is one call to its user. Absent: each call has one. */
  readonly correlationId?: string;
  /** As `correlationId`: the place in a trace of every call that brings none. */
  readonly traceparent?: string;
  /** An upper bound of this orchestrator's own transfers, to be changed while they run. */
  readonly rateCap?: RateCap;
}

/** @throws ModelError INVALID_CONFIG where MODELS_ROOT is missing, MISSING_MANIFEST where no manifest is configured. */
export function createOrchestrator(config: Config, options: OrchestratorOptions = {}): Promise<ModelOrchestrator> {
  const store = configuredStore(config);
  const { resolver } = store;
  const callId = () => options.correlationId ?? newCorrelationId();
  const placed = (call: CallOptions): CallOptions => ({
    ...(options.traceparent !== undefined && { traceparent: options.traceparent }),
    ...call,
    correlationId: call.correlationId ?? callId(),
  });
  const bus = createEventBus({ clock: systemClock, ...(options.sinks && { sinks: options.sinks }) });
  const resources = new Resources({ config, store, rateCap: options.rateCap, traceparent: options.traceparent });
  const tellOfTransferLibrary = transferLibraryNote(bus, config, callId);
  const manifestPath = requireManifestPath(config);
  const entriesPath = config.registryFile ?? resolver.registryFile;
  const manifest = new RegistryFile(manifestPath, resolver.stateDir('manifests'), entriesPath);
  const work: Orchestration = {
    manifestPath,
    entriesPath,
    store,
    blobs: new Blobs(store),
    partials: new Partials(store),
    settings: {
      pieceBytes: config.pieceBytes,
      safetyMarginBytes: config.safetyMarginBytes,
      quotas: { totalBytes: config.maxTotalSizeBytes, familyBytes: config.maxFamilySizeBytes },
      lockTimeoutMs: config.lockTimeoutMs,
      offline: config.offline,
      environment: config.environment,
      optionalComponents: config.optionalComponents,
      gcGraceMs: config.gcGraceMs,
      makesRoom: config.enableGarbageCollection,
      maxModelAgeMs: config.maxModelAgeMs,
      trashTtlMs: config.trashTtlMs,
      uploadTtlMs: config.uploadTtlMs,
      maxUploadSizeBytes: config.maxUploadSizeBytes,
    },
    registry: () => manifest.registry(),
    saveRegistry: () => manifest.save(),
    sources: async (offline, emit) => {
      if (!offline && emit !== undefined) await warnOfHeldBack(config, emit);
      return resources.backends(offline, manifest.directory);
    },
    freshSources: async (offline, emit) => {
      if (!offline) await warnOfHeldBack(config, bus.emitFor({ correlationId: callId() }));
      return resources.freshSources(offline, manifest.directory, emit);
    },
    guard: async () => {
      const { guardedHttpConfig } = await import('./compose/service-configs.ts');
      return (await guardedHttpConfig(config)).guard;
    },
    knownFailures: () => resources.knownFailures(),
    hfCache: () => resources.hfCache(),
    tiers: resources.tiers,
    engine: (limits) => {
      tellOfTransferLibrary();
      return resources.engine(limits);
    },
    emitter: (call, model, variant) => emitterOf(bus, placed(call), { model, variant }),
  };
  const close = () => resources.close();
  const recorder = configuredRecorder({ config, store, via: options.via ?? 'library' });
  return Promise.resolve(new RecordedVerbs(work, { close, recorder, newCorrelationId: callId }));
}

/** Whoever asks for hf_transfer is told once, in the log, that it is not needed: work goes on without it. */
function transferLibraryNote(bus: EventBus, { origins, connections }: Config, callId: () => string): () => void {
  let isDue = origins.connections.where === 'HF_HUB_ENABLE_HF_TRANSFER';
  const message = `HF_HUB_ENABLE_HF_TRANSFER: hf_transfer is not there, nor needed; up to ${connections} connections of our own do its work`;
  return () => {
    if (isDue) bus.emitFor({ correlationId: callId() })({ type: 'warning', code: 'hf_transfer_absent', message });
    isDue = false;
  };
}

/** The orchestrator of the environment, .env and wan.toml of a working directory. */
export const ModelEnsurer = {
  async fromConfig(input: Partial<LoadConfigInput> & OrchestratorOptions = {}): Promise<ModelOrchestrator> {
    const { sinks, via, correlationId, traceparent, ...where } = input;
    const config = await loadConfig({ env: processEnvironment(), cwd: process.cwd(), ...where });
    return createOrchestrator(config, {
      ...(sinks && { sinks }),
      ...(via && { via }),
      ...(correlationId !== undefined && { correlationId }),
      ...(traceparent !== undefined && { traceparent }),
    });
  },
};

/**
 * The absolute path of a model's complete, proven directory, made real first where it is not here; with the configuration of the working directory.
 * @throws ModelError INVALID_MODEL_ID, MODEL_NOT_FOUND, VARIANT_NOT_FOUND before anything is fetched
 */
export async function getWanPaths(modelId: string, options: WanPathsOptions = {}): Promise<string> {
  const { getWanPaths: pathsOf } = await import('./pipeline/get-wan-paths.ts');
  return withOrchestrator((orchestrator) => pathsOf(orchestrator, modelId, options));
}

/** What a loader has to know of a model, with the configuration of the working directory. @throws ModelError INVALID_INPUT before anything is fetched */
export async function loadPlan(modelId: string, options: LoadPlanOptions = {}): Promise<LoadPlan> {
  const { loadPlan: planOf } = await import('./pipeline/load-plan.ts');
  return withOrchestrator((orchestrator) => planOf(orchestrator, modelId, options));
}

/**
 * The tensor that a model begins a video with, made of an image as the model's own loader makes it; with the configuration of the working directory.
 * @param image a path, or the bytes of a JPEG, PNG or WebP file
 * @throws ModelError INVALID_INPUT
 */
export async function prepareImage(modelId: string, image: string | Uint8Array, options: PrepareImageOptions = {}): Promise<PreparedImage> {
  const { prepareImage: prepare } = await import('./pipeline/conditioning/prepare-image.ts');
  return withOrchestrator((orchestrator) => prepare(orchestrator, modelId, image, options));
}

/** Writes a prepared image as a safetensors file: its one tensor, `image`, is F32 (1, 3, height, width). */
export async function writeImageTensor(path: string, image: PreparedImage): Promise<void> {
  const { writeImageTensor: write } = await import('./pipeline/conditioning/write-image-tensor.ts');
  return write(path, image);
}

/**
 * Whether this machine's Python really loads a model and denoises with it, with the configuration of the working directory.
 * @throws ModelError what keeps the test from beginning; what it finds is in the report
 */
export async function smokeModel(modelId: string, options: SmokeTestOptions = {}): Promise<SmokeReport> {
  const { smokeModel: smoke } = await import('./pipeline/smoke/smoke-model.ts');
  const config = await loadConfig({ env: processEnvironment(), cwd: process.cwd() });
  const { python, ...rest } = options;
  const interpreter = python === undefined ? pythonInterpreter(config) : { command: python, origin: 'the caller' };
  const orchestrator = await createOrchestrator(config);
  try {
    return await smoke(orchestrator, modelId, { ...rest, python: interpreter, env: processEnvironment() });
  } finally {
    await orchestrator.close();
  }
}

export interface SmokeTestOptions extends Omit<SmokeOptions, 'python' | 'env'> {
  /** Instead of the configured one. */
  readonly python?: string;
}

/**
 * Text embeddings that are computed once for all clips with the same prompt: where and how many, the configuration of the working directory says.
 * Sinks are told, as `warning` with code `embedding_cache`, of what could not be kept or read.
 */
export async function embeddingCache(input: Partial<LoadConfigInput> & OrchestratorOptions = {}): Promise<EmbeddingCache> {
  const { sinks, ...where } = input;
  const { openEmbeddingCache } = await import('./compose/embedding-cache.ts');
  return openEmbeddingCache(await loadConfig({ env: processEnvironment(), cwd: process.cwd(), ...where }), sinks);
}

async function withOrchestrator<T>(act: (orchestrator: ModelOrchestrator) => Promise<T>): Promise<T> {
  const orchestrator = await ModelEnsurer.fromConfig();
  try {
    return await act(orchestrator);
  } finally {
    await orchestrator.close();
  }
}

/**
 * Every violation of the store's invariants (docs/store-format.md); none is what you want to see. Reads every byte, changes
 * nothing; run it while no process works on the store.
 */
export async function checkInvariants(modelsRoot: string): Promise<readonly Violation[]> {
  const { checkInvariants: check } = await import('./store/check-invariants.ts');
  const { checkTelemetry } = await import('./telemetry/check-telemetry.ts');
  const store = storeContext(modelsRoot, process.cwd());
  return [...(await check(store)), ...checkTelemetry(store)];
}

/** What a bundle says of itself; needs neither MODELS_ROOT nor manifest. @throws ModelError FORMAT_INVALID, PATH_UNSAFE, SOURCE_UNAVAILABLE */
export async function inspectBundle(path: string, { signal = new AbortController().signal }: CallOptions = {}): Promise<BundleInspected> {
  const { inspectBundle: inspect } = await import('./orchestrator/bundle/inspect-bundle.ts');
  return inspect(path, signal);
}

/** Reads every byte of a bundle; needs neither MODELS_ROOT nor manifest. @throws ModelError as {@link inspectBundle}, CHECKSUM_FAIL */
export async function verifyBundle(path: string, options: CallOptions = {}): Promise<BundleVerified> {
  const { verifyBundle: verify } = await import('./orchestrator/bundle/inspect-bundle.ts');
  const { signal = new AbortController().signal } = options;
  const bus = createEventBus({ clock: systemClock });
  return verify(path, { signal, emit: emitterOf(bus, options, { model: path }) });
}

/** A call's own receivers get the events of that call, as the sinks of all calls do. */
function emitterOf(bus: EventBus, call: CallOptions, { model, variant }: About): Emit {
  const { correlationId = newCorrelationId(), traceparent, onEvent, sinks = [] } = call;
  const scope = {
    correlationId,
    ...(model !== undefined && { model }),
    ...(variant !== undefined && { variant }),
    ...(traceparent !== undefined && { traceparent }),
  };
  return bus.emitFor(scope, onEvent === undefined ? sinks : [onEvent, ...sinks]);
}

interface About {
  readonly model?: string | undefined;
  readonly variant?: string | undefined;
}

/** What a project's file says and the user has not allowed, before it is missed. */
async function warnOfHeldBack(config: Config, emit: Emit): Promise<void> {
  if (config.projectFiles.length === 0) return;
  const { heldBackNotice } = await import('./credentials/held-back-notice.ts');
  const message = await heldBackNotice(config);
  if (message !== undefined) emit({ type: 'warning', code: 'config_held_back', message });
}
