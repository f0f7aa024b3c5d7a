/** Config -> ModelOrchestrator: the only room that knows every other one. What is opened lazily is in compose/. */
import { Resources } from './compose/resources.ts';
import type { Config } from './config/config.ts';
import { type LoadConfigInput, loadConfig } from './config/load-config.ts';
import { processEnvironment } from './config/process-environment.ts';
import { pythonInterpreter } from './config/python-interpreter.ts';
import { requireManifestPath } from './config/require-manifest-path.ts';
import { requireModelsRoot } from './config/require-models-root.ts';
import type { BundleInspected, BundleVerified } from './domain/bundle-results.ts';
import type { Emit, EventSink } from './domain/events.ts';
import type { LoadPlan } from './domain/load-plan.ts';
import type { SmokeReport } from './domain/smoke.ts';
import { LockManager } from './locks/lock-manager.ts';
import { newCorrelationId } from './observability/correlation-id.ts';
import { createEventBus, type EventBus } from './observability/event-bus.ts';
import type { CallOptions, ModelOrchestrator } from './orchestrator/api.ts';
import type { Orchestration } from './orchestrator/orchestration.ts';
import { Verbs } from './orchestrator/verbs.ts';
import type { EmbeddingCache } from './pipeline/embedding-cache/embedding-cache.ts';
import type { WanPathsOptions } from './pipeline/get-wan-paths.ts';
import type { LoadPlanOptions } from './pipeline/load-plan.ts';
import type { SmokeOptions } from './pipeline/smoke/smoke-model.ts';
import { RegistryFile } from './registry/registry-file.ts';
import { ModelResolver } from './resolver/model-resolver.ts';
import { Blobs } from './store/blobs.ts';
import type { Violation } from './store/check-invariants.ts';
import type { StoreContext } from './store/context.ts';
import { Partials } from './store/partials.ts';
import { systemClock, systemRandom } from './util/system-world.ts';

export interface OrchestratorOptions {
  /** Receive every event of every call. */
  readonly sinks?: readonly EventSink[];
}

/** Bound of the wait for locks that are held for moments only. */
const SHORT_LOCK_MS = 60_000;

/** @throws ModelError INVALID_CONFIG where MODELS_ROOT is missing, MISSING_MANIFEST where no manifest is configured. */
export function createOrchestrator(config: Config, options: OrchestratorOptions = {}): Promise<ModelOrchestrator> {
  const store = storeContext(requireModelsRoot(config), config.cwd);
  const { resolver } = store;
  const bus = createEventBus({ clock: systemClock, ...(options.sinks && { sinks: options.sinks }) });
  const resources = new Resources(config, store);
  const tellOfTransferLibrary = transferLibraryNote(bus, config);
  const manifestPath = requireManifestPath(config);
  const manifest = new RegistryFile(manifestPath, resolver.stateDir('manifests'));
  const work: Orchestration = {
    manifestPath,
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
    },
    registry: () => manifest.registry(),
    saveRegistry: () => manifest.save(),
    sources: async (offline, emit) => {
      if (!offline && emit !== undefined) await warnOfHeldBack(config, emit);
      return resources.backends(offline, manifest.directory);
    },
    freshSources: async (offline) => {
      if (!offline) await warnOfHeldBack(config, bus.emitFor({ correlationId: newCorrelationId() }));
      return resources.freshSources(offline, manifest.directory);
    },
    knownFailures: () => resources.knownFailures(),
    hfCache: () => resources.hfCache(),
    tiers: resources.tiers,
    engine: (limits) => {
      tellOfTransferLibrary();
      return resources.engine(limits);
    },
    emitter: (call, model) => emitterOf(bus, call, model),
  };
  return Promise.resolve(new Verbs(work, () => resources.close()));
}

/** Whoever asks for hf_transfer is told once, in the log, that it is not needed: work goes on without it. */
function transferLibraryNote(bus: EventBus, { origins, connections }: Config): () => void {
  let isDue = origins.connections.where === 'HF_HUB_ENABLE_HF_TRANSFER';
  const message = `HF_HUB_ENABLE_HF_TRANSFER: hf_transfer is not there, nor needed; up to ${connections} connections of our own do its work`;
  return () => {
    if (isDue) bus.emitFor({ correlationId: newCorrelationId() })({ type: 'warning', code: 'hf_transfer_absent', message });
    isDue = false;
  };
}

/** The orchestrator of the environment, .env and wan.toml of a working directory. */
export const ModelEnsurer = {
  async fromConfig(input: Partial<LoadConfigInput> & OrchestratorOptions = {}): Promise<ModelOrchestrator> {
    const { sinks, ...where } = input;
    const config = await loadConfig({ env: processEnvironment(), cwd: process.cwd(), ...where });
    return createOrchestrator(config, sinks ? { sinks } : {});
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
  return check(storeContext(modelsRoot, process.cwd()));
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
  return verify(path, { signal, emit: emitterOf(bus, options, path) });
}

function storeContext(modelsRoot: string, cwd: string): StoreContext {
  const resolver = new ModelResolver({ modelsRoot, cwd });
  const locks = new LockManager({ clock: systemClock, random: systemRandom, lockDir: resolver.lockDir });
  return { resolver, locks, clock: systemClock, random: systemRandom, lockTimeoutMs: SHORT_LOCK_MS };
}

/** A call's own receiver gets the events of that call, as the sinks of all calls do. */
function emitterOf(bus: EventBus, call: CallOptions, model: string | undefined): ReturnType<EventBus['emitFor']> {
  const correlationId = call.correlationId ?? newCorrelationId();
  const { onEvent } = call;
  const scope = { correlationId, ...(model !== undefined && { model }) };
  if (onEvent === undefined) return bus.emitFor(scope);
  const own = createEventBus({ clock: systemClock, sinks: [onEvent] }).emitFor(scope);
  const shared = bus.emitFor(scope);
  return (body) => {
    shared(body);
    own(body);
  };
}

/** What a project's file says and the user has not allowed, before it is missed. */
async function warnOfHeldBack(config: Config, emit: Emit): Promise<void> {
  if (config.projectFiles.length === 0) return;
  const { heldBackNotice } = await import('./credentials/held-back-notice.ts');
  const message = await heldBackNotice(config);
  if (message !== undefined) emit({ type: 'warning', code: 'config_held_back', message });
}
