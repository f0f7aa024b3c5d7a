/** What is loaded and opened only when bytes must move, and closed once. */
import type { Backends } from '../backends/create-backends.ts';
import type { HfCache } from '../backends/hf-cache/hf-cache.ts';
import type { HubFile } from '../backends/hf-cache/hub-file.ts';
import type { ProvenBytes } from '../backends/hf-cache/lay-down.ts';
import type { BackendRetry } from '../backends/layers/with-retry.ts';
import type { Config } from '../config/config.ts';
import { type LiveLimitRate, liveLimitRate } from '../config/live-limit-rate.ts';
import type { Emit } from '../domain/events.ts';
import type { KnownFailures } from '../limits/known-failures.ts';
import type { Traffic } from '../limits/traffic.ts';
import type { SourceOpener, TransferLimits } from '../orchestrator/orchestration.ts';
import type { StoreContext } from '../store/context.ts';
import type { TransferControls } from '../transfer/create-transfer-engine.ts';
import type { TransferEngine } from '../transfer/transfer.ts';
import type { RateCap } from '../util/rate-cap.ts';
import { rateAt } from '../util/rate-schedule.ts';
import { ConfiguredTiers } from './configured-tiers.ts';
import { guardedHttpConfig, httpConfig, s3Config } from './service-configs.ts';

interface LimitedEngine {
  readonly engine: TransferControls;
  readonly traffic: Traffic;
  /** Of a call, over that of the configuration. */
  calledRate: number | undefined;
}

export interface ResourcesOptions {
  readonly config: Config;
  readonly store: StoreContext;
  /** Of all that moves here, on top of the limit that processes share. */
  readonly rateCap?: RateCap | undefined;
  /** Whom web sources work for, where they are to be told. */
  readonly traceparent?: string | undefined;
}

export class Resources {
  readonly #config: Config;
  readonly #store: StoreContext;
  readonly #backends = new Map<boolean, Promise<Backends>>();
  readonly #engines = new Map<string, Promise<LimitedEngine>>();
  readonly #limitRate: LiveLimitRate;
  readonly #rateCap: RateCap | undefined;
  readonly #traceparent: string | undefined;
  readonly tiers: ConfiguredTiers;

  constructor({ config, store, rateCap, traceparent }: ResourcesOptions) {
    this.#config = config;
    this.#store = store;
    this.#rateCap = rateCap;
    this.#traceparent = traceparent;
    this.#limitRate = liveLimitRate(config);
    this.tiers = new ConfiguredTiers(config, store);
  }

  backends(offline: boolean, manifestDir: string): Promise<Backends> {
    return remembered(this.#backends, offline, () => this.#createBackends(offline, manifestDir));
  }

  async freshSources(offline: boolean, manifestDir: string, emit: Emit): Promise<SourceOpener & AsyncDisposable> {
    const backends = await this.#createBackends(offline, manifestDir);
    const { withRetry } = await import('../backends/layers/with-retry.ts');
    const { DEFAULT_RETRY_POLICY } = await import('../util/retry.ts');
    const { clock, random } = this.#store;
    const { retryAttempts, retryBackoffFactor: factor } = this.#config;
    const policy = { ...DEFAULT_RETRY_POLICY, attempts: retryAttempts + 1, factor };
    const onRetry = ({ error: _, ...again }: BackendRetry) => emit({ type: 'retry.scheduled', ...again });
    return {
      open: (url) => withRetry(backends.open(url), { policy, clock, random, onRetry }),
      openFile: (url) => withRetry(backends.openFile(url), { policy, clock, random, onRetry }),
      [Symbol.asyncDispose]: () => backends.closeAll(),
    };
  }

  async #createBackends(offline: boolean, manifestDir: string): Promise<Backends> {
    const { createBackends } = await import('../backends/create-backends.ts');
    const { createCredentialSource } = await import('../credentials/find-credentials.ts');
    const { localRoots, githubApiUrl, hfEndpoint } = this.#config;
    return createBackends({
      ...httpConfig(this.#config, this.#traceparent),
      callers: await guardedHttpConfig(this.#config),
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
    const { HfCache } = await import('../backends/hf-cache/hf-cache.ts');
    const { layDown } = await import('../backends/hf-cache/lay-down.ts');
    const { hashFile } = await import('../transfer/hash-file.ts');
    const token = () => this.#store.random.uuid().slice(0, 8);
    return new HfCache({
      directory,
      sha256OfFile: async (path, signal) => (await hashFile(path, { signal })).sha256,
      ...(hfCache === 'populate' && {
        layDown: (file: HubFile, bytes: ProvenBytes) => layDown({ directory, file, bytes, spareBytes, links, token: token() }),
      }),
    });
  }

  async knownFailures(): Promise<KnownFailures> {
    const { KnownFailures } = await import('../limits/known-failures.ts');
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
    const { createTransferEngine } = await import('../transfer/create-transfer-engine.ts');
    const { Traffic } = await import('../limits/traffic.ts');
    const { clock, random } = this.#store;
    const config = this.#config;
    const maxFiles = jobs ?? config.maxConcurrentDownloads;
    let share: number | undefined;
    const cap = this.#rateCap;
    const applyRate = (): void => engine.setLimitRate(cap === undefined ? share : cap.within(share));
    const traffic = new Traffic({
      store: this.#store,
      places: maxFiles,
      absentTtlMs: config.negativeCacheTtlMs ?? 0,
      rateLimit: async () => made.calledRate ?? rateAt((await this.#limitRate()) ?? [], new Date(clock.now())),
      onShare: (bytesPerSecond) => {
        share = bytesPerSecond;
        applyRate();
      },
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
    applyRate();
    cap?.onChange(applyRate);
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
    await this.tiers.close();
    this.#engines.clear();
    this.#backends.clear();
  }
}

function remembered<K, V>(known: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const existing = known.get(key);
  if (existing !== undefined) return existing;
  const value = make();
  known.set(key, value);
  value.catch(() => known.delete(key));
  return value;
}
