/** The tiers of the configuration: each is opened when it is first asked for, and what they share is closed once. */
import type { Config } from '../config/config.ts';
import { ModelError } from '../domain/errors.ts';
import type { TierSettings } from '../domain/tiers.ts';
import type { Tiers } from '../orchestrator/orchestration.ts';
import type { StoreContext } from '../store/context.ts';
import { readStoreId } from '../store/open-store.ts';
import type { OpenTierOptions } from '../tiers/open-tier.ts';
import type { S3PlaceOptions } from '../tiers/s3-place.ts';
import type { Tier } from '../tiers/tier.ts';
import type { TierPlace } from '../tiers/tier-place.ts';
import { httpConfig, s3Config } from './service-configs.ts';

type S3Reach = Pick<S3PlaceOptions, 'client' | 'access'>;

export class ConfiguredTiers implements Tiers {
  readonly settings: readonly TierSettings[];
  readonly #config: Config;
  readonly #store: StoreContext;
  readonly #looked = new Map<string, Tier>();
  #s3: Promise<S3Reach> | undefined;

  constructor(config: Config, store: StoreContext) {
    this.settings = config.tiers;
    this.#config = config;
    this.#store = store;
  }

  async look(tier: TierSettings, signal: AbortSignal): Promise<Tier | undefined> {
    const { lookAtTier } = await import('../tiers/open-tier.ts');
    const found = this.#looked.get(tier.name) ?? (await lookAtTier(await this.#options(tier, signal)));
    // A bucket is not unmounted: one request is enough.
    if (found !== undefined && tier.place.kind === 's3') this.#looked.set(tier.name, found);
    return found;
  }

  async identify(tier: TierSettings, signal: AbortSignal): ReturnType<Tiers['identify']> {
    const { identifyTier } = await import('../tiers/open-tier.ts');
    return identifyTier(await this.#options(tier, signal));
  }

  async open(tier: TierSettings, { spared, signal }: Parameters<Tiers['open']>[1]): Promise<Tier> {
    const { openTier } = await import('../tiers/open-tier.ts');
    return openTier({ ...(await this.#options(tier, signal)), spared });
  }

  async close(): Promise<void> {
    await (await this.#s3)?.client.close();
    this.#s3 = undefined;
  }

  async #options(settings: TierSettings, signal: AbortSignal): Promise<OpenTierOptions> {
    // Whoever writes has made the store before.
    const storeId = readStoreId(this.#store) ?? '';
    return { settings, store: this.#store, storeId, place: await this.#place(settings, storeId), signal };
  }

  async #place({ name, place }: TierSettings, ownerId: string): Promise<TierPlace> {
    const { memoryBudgetBytes } = this.#config;
    const { clock, random } = this.#store;
    if (place.kind === 'path') {
      const { PathPlace } = await import('../tiers/path-place.ts');
      return new PathPlace({ name, path: place.path, ownerId, random, memoryBudgetBytes });
    }
    if (this.#config.offline) throw new ModelError('OFFLINE', `the tier ${name} (${place.url}) cannot be reached with --offline`);
    const { distrustedEndpoint } = await import('../credentials/endpoint-trust.ts');
    const why = distrustedEndpoint(this.#config, 's3', false);
    if (why !== undefined) throw (await import('../tiers/tier-errors.ts')).endpointDistrusted(name, place.url, why);
    const { S3Place } = await import('../tiers/s3-place.ts');
    this.#s3 ??= this.#reachS3();
    return new S3Place({ url: place.url, ...(await this.#s3), clock, random, memoryBudgetBytes });
  }

  async #reachS3(): Promise<S3Reach> {
    const { HttpClient } = await import('../backends/http/http-client.ts');
    const { S3Access } = await import('../backends/s3/s3-access.ts');
    const { createCredentialSource } = await import('../credentials/find-credentials.ts');
    const credentials = createCredentialSource(this.#config);
    return {
      client: new HttpClient(httpConfig(this.#config)),
      access: new S3Access({ config: await s3Config(this.#config), credentials }),
    };
  }
}
