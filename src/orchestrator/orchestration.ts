/** What every verb works with, put together by compose.ts. */
import type { StorageBackend } from '../backends/backend.ts';
import type { HfCache } from '../backends/hf-cache/hf-cache.ts';
import type { AddressGuard } from '../backends/http/address-guard.ts';
import type { Emit } from '../domain/events.ts';
import type { TierSettings } from '../domain/tiers.ts';
import type { KnownFailures } from '../limits/known-failures.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Blobs } from '../store/blobs.ts';
import type { StoreContext } from '../store/context.ts';
import type { Partials } from '../store/partials.ts';
import type { Tier } from '../tiers/tier.ts';
import type { TransferEngine } from '../transfer/transfer.ts';
import type { CallOptions } from './api.ts';
import type { Quotas } from './space-verdict.ts';

export interface OrchestrationSettings {
  readonly pieceBytes: number;
  /** Free space that no ensure may eat into. */
  readonly safetyMarginBytes: number;
  readonly quotas: Quotas;
  /** Bound of the wait for another process that works on the same model or digest. */
  readonly lockTimeoutMs: number;
  readonly offline: boolean;
  /** Whose variant a request without one means, where the manifest names one for it. */
  readonly environment: string;
  /** Components that are taken where a model has them as optional ones. */
  readonly optionalComponents: readonly string[];
  /** What was used or changed within it, nobody removes who was not asked to by hand. */
  readonly gcGraceMs: number;
  /** Whether an ensure that is short of space may remove what nobody holds. */
  readonly makesRoom: boolean;
  /** Time since its last use after which garbage collection removes a model. */
  readonly maxModelAgeMs: number | undefined;
  /** How long a model that a person's gc removed can be brought back without a byte being fetched. */
  readonly trashTtlMs: number;
  /** How long an upload that nobody goes on with is kept. */
  readonly uploadTtlMs: number;
  /** Of all files of one upload. */
  readonly maxUploadSizeBytes: number | undefined;
}

/** The parts of a run that a call's options can change. */
export interface TransferLimits {
  readonly jobs?: number;
  readonly connections?: number;
  readonly limitRateBytesPerSecond?: number;
  /** Instead of the configured way in which bytes come from a mounted file system. */
  readonly localLink?: 'auto' | 'copy';
}

export interface SourceOpener {
  /** A source of the manifest, or a file's own URL. @throws ModelError OFFLINE, NOT_IMPLEMENTED, INVALID_CONFIG */
  open(url: string): StorageBackend;
  openFile(url: string): StorageBackend;
}

/** The tiers of the configuration, besides MODELS_ROOT. */
export interface Tiers {
  readonly settings: readonly TierSettings[];
  /** Changes nothing. Undefined where nothing was ever put there. @throws ModelError tier_absent, tier_other, OFFLINE */
  look(settings: TierSettings, signal: AbortSignal): Promise<Tier | undefined>;
  /** The id of the tier; makes one where there is none yet. Under the lock of its name. @throws ModelError as `look` */
  identify(settings: TierSettings, signal: AbortSignal): Promise<string>;
  /** For writing, under the tier's lock. @param spared `refName` of the model that the caller goes on with */
  open(settings: TierSettings, options: { readonly spared: string; readonly signal: AbortSignal }): Promise<Tier>;
}

export interface Orchestration {
  /** As configured. */
  readonly manifestPath: string;
  /** Of the registry of other models, absolute; whether or not there is one. */
  readonly entriesPath: string;
  readonly store: StoreContext;
  readonly blobs: Blobs;
  readonly partials: Partials;
  readonly settings: OrchestrationSettings;
  /** The manifest, loaded anew when its file changed. */
  registry(): Promise<ModelRegistry>;
  /** Keeps what was parsed of the manifest in the store, for the next process. Only verbs that write anyway call it. */
  saveRegistry(): Promise<void>;
  /** @param emit is told what of the configuration does not count for them */
  sources(offline: boolean, emit?: Emit): Promise<SourceOpener>;
  /**
   * Sources that remember nothing of what they said before, that try again by themselves, and that are closed by the caller.
   * @param emit is told what is waited for
   */
  freshSources(offline: boolean, emit: Emit): Promise<SourceOpener & AsyncDisposable>;
  /** Of URLs that callers name. */
  guard(): Promise<AddressGuard>;
  /** What processes of this root remember against sources. */
  knownFailures(): Promise<KnownFailures>;
  /** The cache of the Hugging Face Hub's clients; undefined where it is not to be used. */
  hfCache(): Promise<HfCache | undefined>;
  readonly tiers: Tiers;
  engine(limits: TransferLimits): Promise<TransferEngine>;
  /** An emitter with the envelope of one call, on one model where one is named. */
  emitter(options: CallOptions, model?: string, variant?: string): Emit;
}
