/** Config -> ModelOrchestrator: the only file that knows every room. */
import type { Backends } from './backends/create-backends.ts';
import type { HfCache } from './backends/hf-cache/hf-cache.ts';
import type { HubFile } from './backends/hf-cache/hub-file.ts';
import type { ProvenBytes } from './backends/hf-cache/lay-down.ts';
import type { HttpClient } from './backends/http/http-client.ts';
import type { HttpConfig } from './backends/http/http-config.ts';
import type { KeysQuestion } from './backends/s3/check-keys.ts';
import type { S3Config } from './backends/s3/s3-config.ts';
import type { WhoAnswer, WhoQuestion } from './backends/who-is.ts';
import type { Config } from './config/config.ts';
import { type LiveLimitRate, liveLimitRate } from './config/live-limit-rate.ts';
import { type LoadConfigInput, loadConfig } from './config/load-config.ts';
import { processEnvironment } from './config/process-environment.ts';
import { requireManifestPath } from './config/require-manifest-path.ts';
import { requireModelsRoot } from './config/require-models-root.ts';
import type { BundleInspected, BundleVerified } from './domain/bundle-results.ts';
import { ModelError } from './domain/errors.ts';
import type { Emit, EventSink } from './domain/events.ts';
import type { LoadPlan } from './domain/load-plan.ts';
import type { TierSettings } from './domain/tiers.ts';
import type { KnownFailures } from './limits/known-failures.ts';
import type { Traffic } from './limits/traffic.ts';
import { LockManager } from './locks/lock-manager.ts';
import { newCorrelationId } from './observability/correlation-id.ts';
import { createEventBus, type EventBus } from './observability/event-bus.ts';
import type { CallOptions, ModelOrchestrator } from './orchestrator/api.ts';
import type { Orchestration, SourceOpener, Tiers, TransferLimits } from './orchestrator/orchestration.ts';
import { Verbs } from './orchestrator/verbs.ts';
import type { WanPathsOptions } from './pipeline/get-wan-paths.ts';
import type { LoadPlanOptions } from './pipeline/load-plan.ts';
import { RegistryFile } from './registry/registry-file.ts';
import { ModelResolver } from './resolver/model-resolver.ts';
import { Blobs } from './store/blobs.ts';
import type { Violation } from './store/check-invariants.ts';
import type { StoreContext } from './store/context.ts';
import { Partials } from './store/partials.ts';
import type { OpenTierOptions } from './tiers/open-tier.ts';
import type { S3PlaceOptions } from './tiers/s3-place.ts';
import type { Tier } from './tiers/tier.ts';
import type { TierPlace } from './tiers/tier-place.ts';
import type { TransferControls } from './transfer/create-transfer-engine.ts';
import type { TransferEngine } from './transfer/transfer.ts';
import { rateAt } from './util/rate-schedule.ts';
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
    tiers: resources.tiers(),
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

/** Asks the service, over the configured proxies, whom a token belongs to. @throws ModelError CANCELLED */
export const askWho = (config: Config, question: WhoQuestion): Promise<WhoAnswer> =>
  asking(config, async (client) => (await import('./backends/who-is.ts')).whoIs(client, question));

/** As {@link askWho}, whether an S3 service knows these keys. */
export const askForKeys = (config: Config, question: KeysQuestion): Promise<WhoAnswer> =>
  asking(config, async (client) => (await import('./backends/s3/check-keys.ts')).checkS3Keys(client, question));

async function asking(config: Config, ask: (client: HttpClient) => Promise<WhoAnswer>): Promise<WhoAnswer> {
  if (config.offline) return { verdict: 'unknown', why: 'no socket is opened (offline)' };
  const { HttpClient } = await import('./backends/http/http-client.ts');
  const client = new HttpClient(httpConfig(config));
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}

function httpConfig({ httpProxy, httpsProxy, allProxy, noProxy, caFiles, originCaFiles, downloadTimeoutMs }: Config): HttpConfig {
  return { httpProxy, httpsProxy, allProxy, noProxy, caFiles, originCaFiles, idleTimeoutMs: downloadTimeoutMs };
}

interface LimitedEngine {
  readonly engine: TransferControls;
  readonly traffic: Traffic;
  /** Of a call, over that of the configuration. */
  calledRate: number | undefined;
}

type TierAccess = Pick<S3PlaceOptions, 'client' | 'access'>;

/** What is loaded and opened only when bytes must move, and closed once. */
class Resources {
  readonly #config: Config;
  readonly #store: StoreContext;
  readonly #backends = new Map<boolean, Promise<Backends>>();
  readonly #engines = new Map<string, Promise<LimitedEngine>>();
  readonly #limitRate: LiveLimitRate;
  #s3: Promise<TierAccess> | undefined;
  readonly #looked = new Map<string, Tier>();

  constructor(config: Config, store: StoreContext) {
    this.#config = config;
    this.#store = store;
    this.#limitRate = liveLimitRate(config);
  }

  backends(offline: boolean, manifestDir: string): Promise<Backends> {
    return remembered(this.#backends, offline, () => this.#createBackends(offline, manifestDir));
  }

  async freshSources(offline: boolean, manifestDir: string): Promise<SourceOpener & AsyncDisposable> {
    const backends = await this.#createBackends(offline, manifestDir);
    const { withRetry } = await import('./backends/layers/with-retry.ts');
    const { DEFAULT_RETRY_POLICY } = await import('./util/retry.ts');
    const { clock, random } = this.#store;
    const { retryAttempts, retryBackoffFactor: factor } = this.#config;
    const policy = { ...DEFAULT_RETRY_POLICY, attempts: retryAttempts + 1, factor };
    return {
      open: (url) => withRetry(backends.open(url), { policy, clock, random }),
      openFile: (url) => withRetry(backends.openFile(url), { policy, clock, random }),
      [Symbol.asyncDispose]: () => backends.closeAll(),
    };
  }

  async #createBackends(offline: boolean, manifestDir: string): Promise<Backends> {
    const { createBackends } = await import('./backends/create-backends.ts');
    const { createCredentialSource } = await import('./credentials/find-credentials.ts');
    const { localRoots, githubApiUrl, hfEndpoint } = this.#config;
    return createBackends({
      ...httpConfig(this.#config),
      localRoots,
      manifestDir,
      offline,
      credentials: createCredentialSource(this.#config),
      githubApiUrl,
      hfEndpoint,
      hfListingsDir: this.#store.resolver.stateDir('listings'),
      s3: await s3Config(this.#config),
    });
  }

  async hfCache(): Promise<HfCache | undefined> {
    const { hfCache, hfCacheDir: directory, hfCacheLinks: links, safetyMarginBytes: spareBytes } = this.#config;
    if (hfCache === 'off' || directory === undefined) return undefined;
    const { HfCache } = await import('./backends/hf-cache/hf-cache.ts');
    const { layDown } = await import('./backends/hf-cache/lay-down.ts');
    const { hashFile } = await import('./transfer/hash-file.ts');
    const token = () => this.#store.random.uuid().slice(0, 8);
    return new HfCache({
      directory,
      sha256OfFile: async (path, signal) => (await hashFile(path, { signal })).sha256,
      ...(hfCache === 'populate' && {
        layDown: (file: HubFile, bytes: ProvenBytes) => layDown({ directory, file, bytes, spareBytes, links, token: token() }),
      }),
    });
  }

  tiers(): Tiers {
    const settings = this.#config.tiers;
    const store = this.#store;
    const options = async (tier: TierSettings, signal: AbortSignal): Promise<OpenTierOptions> => {
      const { readStoreId } = await import('./store/open-store.ts');
      // Whoever writes has made the store before.
      const storeId = readStoreId(store) ?? '';
      return { settings: tier, store, storeId, place: await this.#tierPlace(tier, storeId), signal };
    };
    return {
      settings,
      look: async (tier, signal) => {
        const { lookAtTier } = await import('./tiers/open-tier.ts');
        const known = this.#looked.get(tier.name);
        const found = known ?? (await lookAtTier(await options(tier, signal)));
        // A bucket is not unmounted: one request is enough.
        if (found !== undefined && tier.place.kind === 's3') this.#looked.set(tier.name, found);
        return found;
      },
      identify: async (tier, signal) => {
        const { identifyTier } = await import('./tiers/open-tier.ts');
        return identifyTier(await options(tier, signal));
      },
      open: async (tier, { spared, signal }) => {
        const { openTier } = await import('./tiers/open-tier.ts');
        return openTier({ ...(await options(tier, signal)), spared });
      },
    };
  }

  async #tierPlace({ name, place }: TierSettings, ownerId: string): Promise<TierPlace> {
    const { memoryBudgetBytes } = this.#config;
    const { clock, random } = this.#store;
    if (place.kind === 'path') {
      const { PathPlace } = await import('./tiers/path-place.ts');
      return new PathPlace({ name, path: place.path, ownerId, random, memoryBudgetBytes });
    }
    if (this.#config.offline) throw new ModelError('OFFLINE', `the tier ${name} (${place.url}) cannot be reached with --offline`);
    const { distrustedEndpoint } = await import('./credentials/endpoint-trust.ts');
    const why = distrustedEndpoint(this.#config, 's3', false);
    if (why !== undefined) throw (await import('./tiers/tier-errors.ts')).endpointDistrusted(name, place.url, why);
    const { S3Place } = await import('./tiers/s3-place.ts');
    return new S3Place({ url: place.url, ...(await this.#tierAccess()), clock, random, memoryBudgetBytes });
  }

  #tierAccess(): Promise<TierAccess> {
    this.#s3 ??= this.#openS3();
    return this.#s3;
  }

  async #openS3(): Promise<TierAccess> {
    const { HttpClient } = await import('./backends/http/http-client.ts');
    const { S3Access } = await import('./backends/s3/s3-access.ts');
    const { createCredentialSource } = await import('./credentials/find-credentials.ts');
    const credentials = createCredentialSource(this.#config);
    return {
      client: new HttpClient(httpConfig(this.#config)),
      access: new S3Access({ config: await s3Config(this.#config), credentials }),
    };
  }

  async knownFailures(): Promise<KnownFailures> {
    const { KnownFailures } = await import('./limits/known-failures.ts');
    return new KnownFailures({ store: this.#store, absentTtlMs: this.#config.negativeCacheTtlMs ?? 0 });
  }

  async engine(limits: TransferLimits): Promise<TransferEngine> {
    const { jobs, connections, limitRateBytesPerSecond, localLink } = limits;
    const limited = await remembered(this.#engines, JSON.stringify([jobs, connections, localLink]), () => this.#limitedEngine(limits));
    // One line, one limit: a call that names one sets it for all that runs.
    if (limitRateBytesPerSecond !== undefined) {
      limited.calledRate = limitRateBytesPerSecond;
      await limited.traffic.refreshRate();
    }
    return limited.engine;
  }

  get #localLink(): 'auto' | 'copy' | 'hard' {
    return this.#config.localLink === 'reflink' ? 'auto' : this.#config.localLink;
  }

  async #limitedEngine({ jobs, connections, localLink: called }: TransferLimits): Promise<LimitedEngine> {
    const { createTransferEngine } = await import('./transfer/create-transfer-engine.ts');
    const { Traffic } = await import('./limits/traffic.ts');
    const { clock, random } = this.#store;
    const config = this.#config;
    const maxFiles = jobs ?? config.maxConcurrentDownloads;
    const traffic = new Traffic({
      store: this.#store,
      places: maxFiles,
      absentTtlMs: config.negativeCacheTtlMs ?? 0,
      rateLimit: async () => made.calledRate ?? rateAt((await this.#limitRate()) ?? [], new Date(clock.now())),
      onShare: (bytesPerSecond) => engine.setLimitRate(bytesPerSecond),
    });
    const engine = createTransferEngine({
      clock,
      random,
      maxFiles,
      connections: connections ?? config.connections,
      perHostConnections: connections ?? config.connections,
      localLink: called ?? this.#localLink,
      stallTimeoutMs: config.downloadTimeoutMs,
      // A transfer counts the first try too.
      retry: { attempts: config.retryAttempts + 1, backoffFactor: config.retryBackoffFactor },
      memoryBudgetBytes: config.memoryBudgetBytes,
      traffic,
    });
    const made: LimitedEngine = { engine, traffic, calledRate: undefined };
    return made;
  }

  async close(): Promise<void> {
    for (const limited of this.#engines.values()) {
      const { engine, traffic } = await limited;
      await engine.close();
      await traffic.close();
    }
    for (const backends of this.#backends.values()) await (await backends).closeAll();
    await (await this.#s3)?.client.close();
    this.#s3 = undefined;
    this.#engines.clear();
    this.#backends.clear();
  }
}

async function s3Config(config: Config): Promise<S3Config> {
  const { ambientKeys } = await import('./credentials/ambient-keys.ts');
  const { distrustedEndpoint } = await import('./credentials/endpoint-trust.ts');
  const keys = ambientKeys(config);
  const withheld = distrustedEndpoint(config, 's3', false);
  return {
    endpointUrl: config.s3EndpointUrl,
    region: config.s3Region,
    profile: config.s3Profile,
    files: config.awsFiles,
    addressing: config.s3Addressing,
    requesterPays: config.s3RequesterPays,
    anonymous: config.s3Anonymous,
    ...(keys !== undefined && keys.withheld === undefined && { keys }),
    ...(withheld !== undefined && { withheld }),
  };
}

function remembered<K, V>(known: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const existing = known.get(key);
  if (existing !== undefined) return existing;
  const value = make();
  known.set(key, value);
  value.catch(() => known.delete(key));
  return value;
}
