/** The verbs as their callers see them; compose.ts returns the object that implements this. */
import type { ImportKind } from '../backends/outside/found-file.ts';
import type { CallActor } from '../domain/acts.ts';
import type { BundleApplied, BundleCreated } from '../domain/bundle-results.ts';
import type { DiskUsage } from '../domain/disk-usage.ts';
import type { EventSink } from '../domain/events.ts';
import type { ExportReport } from '../domain/export-results.ts';
import type { GcPlan, GcReport } from '../domain/gc.ts';
import type { PinReport, UnpinResult } from '../domain/holds.ts';
import type { ImportReport } from '../domain/import-results.ts';
import type { AddReport, DiffReport, DropReport, LockReport, OutdatedReport } from '../domain/lock-results.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { RebuildReport } from '../domain/rebuild.ts';
import type { RegistryEntry } from '../domain/registry-entry.ts';
import type { RegistryImport } from '../domain/registry-import.ts';
import type { RepairReport } from '../domain/repair.ts';
import type { EnsurePlan, EnsureResult, SourcesReport, VerifyReport, WeightsReport } from '../domain/results.ts';
import type { ScrubReport } from '../domain/scrub.ts';
import type { SmokeNote } from '../domain/smoke.ts';
import type { SpaceVerdict } from '../domain/space.ts';
import type { ModelSpec, ModelSummary, Selection } from '../domain/spec.ts';
import type { ModelStatus } from '../domain/status.ts';
import type { Subset } from '../domain/subset.ts';
import type { NewTierId, TierMove, TierReport } from '../domain/tiers.ts';
import type { Upload, UploadedFile } from '../domain/uploads.ts';
import type { Reservation } from '../store/reservations.ts';
import type { AnnotateRequest } from './entries/annotate-model.ts';
import type { FoundEntry } from './entries/find-entry.ts';
import type { RegisterRequest } from './entries/register-model.ts';
import type { Unregistered, UnregisterOptions } from './entries/unregister-model.ts';
import type { OpenedFile } from './open-file.ts';
import type { UploadRequest } from './uploads/create-upload.ts';
import type { ReceiveRequest } from './uploads/receive-bytes.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Every event of this call. */
  readonly onEvent?: EventSink;
  /** Further receivers; one that fails is dropped, and the others are told. */
  readonly sinks?: readonly EventSink[];
  /** Runs through every event and log line; made where absent. */
  readonly correlationId?: string;
  /** W3C trace context of the caller: what happens hangs under it, where traces are kept. */
  readonly traceparent?: string;
  /** On whose behalf, where the program serves others: told by the audit log. */
  readonly actor?: CallActor;
}

/** Which model directory is meant. */
export interface TargetOptions extends Selection, CallOptions {
  readonly variant?: string;
  /** Names of overlays, in the order in which they apply; they stand instead of those in the reference. */
  readonly overlays?: readonly string[];
}

export type ModelOptions = Pick<TargetOptions, 'variant' | 'overlays'>;

export interface Progress {
  readonly doneBytes: number;
  /** Of pieces that are not whole yet: not held, but on their way. */
  readonly comingBytes?: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
}

export interface UrlRequest {
  /** `name@version[@variant]` */
  readonly model: string;
  /** Path inside the model. */
  readonly path: string;
  /** Whether a URL that was given before has been refused: signed ones end. */
  readonly hasEnded: boolean;
  readonly signal: AbortSignal;
}

/** The file's own URL, tried before its sources, in the log without its query; undefined: the file has none. */
export type ResolveUrl = (request: UrlRequest) => Promise<string | undefined>;

export interface ListOptions {
  /** Of the manifest alone: without what is on disk of each model. */
  readonly manifestOnly?: boolean;
}

export interface EnsureOptions extends TargetOptions {
  /** Fetch again even what is here and proven. */
  readonly force?: boolean;
  /** Refuse to run where the lockfile is missing or stale: LOCKFILE_STALE. */
  readonly frozen?: boolean;
  /** Open no socket. */
  readonly offline?: boolean;
  /** Files in parallel. */
  readonly jobs?: number;
  /** Upper bound of parallel ranges over all files. */
  readonly connections?: number;
  readonly limitRateBytesPerSecond?: number;
  /** Total; without it only time without progress counts. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** Signed URLs of single files, made when they are needed. */
  readonly resolveUrl?: ResolveUrl;
  /** Space for this model together with others: {@link ModelOrchestrator.holdSpace}. */
  readonly hold?: SpaceHold;
}

/** Space for several models that are ensured one after the other. Nothing is asked for until the first of them needs some. */
export interface SpaceHold extends AsyncDisposable {
  /** Reserves for all of them, once; every call has the outcome of the first. @throws ModelError NO_SPACE, QUOTA_EXCEEDED */
  reserve(): Promise<Reservation>;
}

export interface SourcesCallOptions extends CallOptions {
  readonly offline?: boolean;
}

export interface LockOptions extends SourcesCallOptions {
  /** Take what the sources have now, for what was pinned. */
  readonly update?: boolean;
  /** Read files whose sha256 nobody publishes (default); otherwise the best that their source tells is pinned. */
  readonly read?: boolean;
}

export interface AddOptions extends SourcesCallOptions {
  /** Its id; made from the source where absent. */
  readonly as?: string;
  /** Globs: only files that match. */
  readonly include?: readonly string[];
  readonly family?: string;
  readonly type?: string;
  readonly license?: string;
  /** As in {@link LockOptions}. */
  readonly read?: boolean;
}

export interface VerifyOptions extends TargetOptions {
  /** Hash whole files, whatever is on record of their pieces, and read the headers of weights. */
  readonly deep?: boolean;
  /** Only this part of the files; the parts are the same each time. */
  readonly subset?: Subset;
  /** Go on where a verification stopped that did not end. */
  readonly resume?: boolean;
  /** Of reading. */
  readonly limitRateBytesPerSecond?: number;
}

export interface RepairOptions
  extends TargetOptions,
    Pick<EnsureOptions, 'offline' | 'jobs' | 'connections' | 'limitRateBytesPerSecond' | 'resolveUrl'> {
  /** Say what would be done; changes nothing on disk, asks no source. */
  readonly dryRun?: boolean;
}

export interface ScrubOptions extends CallOptions {
  /** Only this part of the blobs; the parts are the same each time. */
  readonly subset?: Subset;
  /** Only what nobody has read for so long. */
  readonly maxAgeMs?: number;
  /** Of reading. */
  readonly limitRateBytesPerSecond?: number;
}

export interface RebuildOptions extends CallOptions {
  /** Say what is lost and what would be read; changes nothing on disk. */
  readonly dryRun?: boolean;
}

export interface SourcesOptions extends TargetOptions {
  /** Ask each source for a few MiB at most, one after the other; otherwise no socket is opened. */
  readonly probe?: boolean;
  /** Forget what is remembered against them: from now on all are asked in their turn. */
  readonly forget?: boolean;
  readonly offline?: boolean;
}

export interface RemoveOptions extends TargetOptions {
  /** Also where it is pinned, or somebody uses it. */
  readonly force?: boolean;
}

export interface PinOptions extends ModelOptions, CallOptions {
  /** From then on it counts no more; absent: until somebody unpins it. */
  readonly until?: Date;
  readonly reason?: string;
}

export interface LeaseOptions extends EnsureOptions {
  /** What uses the model: told to whoever wants to remove it. Default: the title of this process. */
  readonly command?: string;
}

/** A model that nobody removes, unless forced, until it is released or this process ends. */
export interface HeldModel extends AsyncDisposable {
  readonly ref: CanonicalRef;
  readonly family: string;
  /** Absolute path of the proven directory. */
  readonly path: string;
  /** Another one for other files or bytes. */
  readonly content: string;
  readonly result: EnsureResult;
  /** May be called more than once. */
  release(): Promise<void>;
}

export interface DiskUsageOptions extends CallOptions, ModelOptions {}

export interface GcOptions extends CallOptions {
  /** Unique bytes of the models (of the family) afterwards. */
  readonly maxSizeBytes?: number;
  /** Free bytes of the volume afterwards. */
  readonly freeBytes?: number;
  /** Models that were not used for so long. */
  readonly olderThanMs?: number;
  /** Only models of this family. */
  readonly family?: string;
  /** Of each model name the newest versions stay and the others go; beside another rule, only those that it names. */
  readonly keepLast?: number;
  /** Give the bytes back at once. */
  readonly purge?: boolean;
  /** Also bad bytes that were replaced. */
  readonly quarantine?: boolean;
}

export interface GcRunOptions extends GcOptions {
  /** Who asks: counted and put on record by this word. Default `manual`. */
  readonly trigger?: 'manual' | 'schedule';
  /** As `planGc` gave it: nothing else is removed, and of that nothing that is held or was used since. */
  readonly plan?: GcPlan;
}

export interface TierMoveOptions extends ModelOptions, CallOptions {
  /** Name of a tier; `fast` is MODELS_ROOT: the model comes back, and the tier's copy goes. */
  readonly to: string;
  /** Only say what would be done. */
  readonly dryRun?: boolean;
  /** Only where the policy still says so. */
  readonly byPolicy?: boolean;
}

export interface TierDropOptions extends ModelOptions, CallOptions {
  /** Also where it is the only copy. */
  readonly force?: boolean;
}

export interface TierStatusOptions extends CallOptions {
  /** Read every byte that lies in the tiers. */
  readonly verify?: boolean;
}

export interface CreateBundleOptions extends CallOptions {
  /** A file that is not there yet; with `partBytes` a folder. */
  readonly out: string;
  /** Cut it into parts of at most so many bytes. */
  readonly partBytes?: number;
}

export interface ApplyBundleOptions extends CallOptions {
  /** Put the bundle's models into this manifest, made where it is not there, and their pins into its lockfile. */
  readonly manifestOut?: string;
  readonly onProgress?: (progress: Progress) => void;
}

export interface ImportOptions extends CallOptions {
  /** Whose layout it is. */
  readonly from: ImportKind;
  readonly path: string;
  /** What `~` means in files of that tool. */
  readonly home?: string;
  /**
   * `auto`: blocks are shared where the volume can (reflink), else copied; `reflink`: or nothing; `hard`: the file stays one with its source, which must not be edited any more.
   */
  readonly link?: 'auto' | 'reflink' | 'hard' | 'copy';
  /** Only look: nothing is read or changed. */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: Progress) => void;
}

export interface ExportOptions extends TargetOptions {
  /** A folder that is not there yet, or is empty; with the layout `hf-cache` a cache, which may hold other models. */
  readonly to: string;
  /** `auto`: blocks are shared where the volume can (reflink), else copied; `hard`: files stay one with the store's, read-only. */
  readonly link?: 'auto' | 'reflink' | 'hard' | 'copy';
  readonly layout?: 'files' | 'hf-cache';
}

export interface RemoveResult {
  /** `name@version[@variant][@+overlay]` */
  readonly label: string;
  readonly path: string;
  readonly removed: boolean;
  /** Bytes given back to the file system. */
  readonly reclaimedBytes: number;
  /** Bytes kept because other models use them. */
  readonly sharedBytes: number;
  /** A copy of it stays there. */
  readonly tier?: string;
  /** It is a model of the registry alone, and its entry stays there: {@link ModelOrchestrator.unregister}. */
  readonly isRegistered?: true;
}

export interface ModelOrchestrator {
  /** Makes the model's directory real; resolves to its absolute path. */
  ensure(modelId: string, options?: EnsureOptions): Promise<string>;
  /** As {@link ensure}, with what was done. */
  ensureDetailed(modelId: string, options?: EnsureOptions): Promise<EnsureResult>;
  /** Never changes anything on disk, never rehashes. */
  status(modelId: string, options?: TargetOptions): Promise<ModelStatus>;
  /** What ensure would do; changes nothing on disk and opens no socket. */
  plan(modelId: string, options?: EnsureOptions): Promise<EnsurePlan>;
  /** Whether ensures of these models, one after the other, fit on the volume and in the quotas; changes nothing on disk. */
  preflight(modelIds: readonly string[], options?: EnsureOptions): Promise<SpaceVerdict>;
  /** For `hold` of each of these ensures: the first one that needs space has it reserved for all, or nothing moves. Dispose when all are done. */
  holdSpace(modelIds: readonly string[], options?: EnsureOptions): SpaceHold;
  /** Rehashes every file of the model; what is found bad shows in status until it is mended. */
  verifyIntegrity(modelId: string, options?: VerifyOptions): Promise<VerifyReport>;
  /** Reads a model and makes what is wrong right; of large files only bad pieces are fetched. The bad bytes stay in quarantine. */
  repair(modelId: string, options?: RepairOptions): Promise<RepairReport>;
  /** Reads all blobs of the store, the longest unread first, and marks what rotted; after a kill it goes on where it was. */
  scrub(options?: ScrubOptions): Promise<ScrubReport>;
  /** Finds out again what is lost of the store's state, by reading blobs and snapshots. */
  rebuild(options?: RebuildOptions): Promise<RebuildReport>;
  /** Bytes that an ensure would move. */
  estimateDownloadSize(modelId: string, options?: TargetOptions): Promise<number>;
  listModels(options?: ListOptions): Promise<readonly ModelSummary[]>;
  show(modelId: string, options?: ModelOptions): Promise<ModelSpec>;
  /** What the safetensors files here say of themselves; reads their headers, and tells what is not here. */
  weights(modelId: string, options?: ModelOptions): Promise<WeightsReport>;
  /** Where the model's bytes would come from, best first. Changes nothing on disk, unless it is asked to forget. */
  sources(modelId: string, options?: SourcesOptions): Promise<SourcesReport>;
  /** A proven file of the model that is here, open for reading; counts as a use. @throws ModelError COMPONENT_MISSING, INCOMPLETE_DOWNLOAD */
  openFile(modelId: string, path: string, options?: ModelOptions): Promise<OpenedFile>;
  /** Absolute path of the model's directory, whether or not it exists; where it does, that counts as a use. */
  localDir(modelId: string, options?: ModelOptions): Promise<string>;
  /** @throws ModelError CONCURRENT_MODIFICATION where it is pinned or leased */
  remove(modelId: string, options?: RemoveOptions): Promise<RemoveResult>;
  /** From now on nobody removes it, unless forced; it need not be here yet. */
  pinModel(modelId: string, options?: PinOptions): Promise<PinReport>;
  unpinModel(modelId: string, options?: ModelOptions & CallOptions): Promise<UnpinResult>;
  /** Also those that are over. Changes nothing on disk. */
  pins(): Promise<readonly PinReport[]>;
  /** Ensures the model, and keeps it from being removed for as long as it is used. */
  lease(modelId: string, options?: LeaseOptions): Promise<HeldModel>;
  /** Remembers what a smoke test of a held model said: its status tells it, as long as its files are the same. */
  noteSmoke(held: HeldModel, note: SmokeNote, options?: CallOptions): Promise<void>;
  /** What every byte under MODELS_ROOT is for; models, families and components of these models, of all where none is named. Changes nothing. */
  diskUsage(modelIds?: readonly string[], options?: DiskUsageOptions): Promise<DiskUsage>;
  /** What `gc` would remove and keep, each with its reason. Changes nothing on disk. */
  planGc(options?: GcOptions): Promise<GcPlan>;
  /** Removes what belongs to nobody, and models by age, version or size. @throws ModelError where something cannot be read that tells what is used */
  gc(options?: GcRunOptions): Promise<GcReport>;
  /** What lies in which tier, and what the policy would move. Changes nothing. */
  tierStatus(modelIds?: readonly string[], options?: TierStatusOptions): Promise<TierReport>;
  /** Moves a model to a tier, or back. Its copy is proven where it goes before anything is taken away. */
  moveToTier(modelId: string, options: TierMoveOptions): Promise<TierMove>;
  /** Takes a model's copy out of its tier. */
  dropFromTier(modelId: string, options?: TierDropOptions): Promise<TierMove>;
  /** For a root that was copied with its store id: it counts on what lies in tiers by itself, under another one. */
  newTierId(options?: CallOptions): Promise<NewTierId>;
  /** Writes the lockfile for these models; for all where none is named. */
  lock(modelIds?: readonly string[], options?: LockOptions): Promise<LockReport>;

  /** Writes a model of this source into the manifest, and pins it. */
  add(source: string, options?: AddOptions): Promise<AddReport>;
  /** Takes models out of manifest and lockfile; what is on disk stays. */
  drop(modelIds: readonly string[], options?: CallOptions): Promise<DropReport>;
  /** Two models or source URLs, file by file; with one, what its sources have now in place of what is pinned. */
  diff(from: string, to?: string, options?: SourcesCallOptions): Promise<DiffReport>;
  /** What the sources have now for what is pinned; changes nothing on disk. */
  outdated(modelIds?: readonly string[], options?: SourcesCallOptions): Promise<OutdatedReport>;
  /** Models that are complete here as one file, or as a folder of parts, for a machine without a network. */
  createBundle(modelIds: readonly string[], options: CreateBundleOptions): Promise<BundleCreated>;
  /** Makes the models of a bundle real, proven as by {@link ensure}; opens no socket. */
  applyBundle(path: string, options?: ApplyBundleOptions): Promise<BundleApplied>;
  /** Takes over what another tool has of these models (of all where none is named), proven, and publishes what is whole. */
  import(modelIds: readonly string[], options: ImportOptions): Promise<ImportReport>;
  /** A complete, proven copy of a model outside of the store. */
  export(modelId: string, options: ExportOptions): Promise<ExportReport>;
  /** What is noted of models, and those that no manifest has: also removed ones, until they are forgotten. Changes nothing on disk. */
  entries(): Promise<readonly RegistryEntry[]>;
  /** One model, whether or not anything was noted of it. @throws ModelError MODEL_NOT_FOUND */
  findEntry(modelId: string): Promise<FoundEntry>;
  /** Gives a model that no manifest has a name, before any byte of it is here. */
  register(request: RegisterRequest, options?: CallOptions): Promise<RegistryEntry>;
  /** Changes what is noted of a model. */
  annotate(modelId: string, request: AnnotateRequest, options?: CallOptions): Promise<RegistryEntry>;
  /** Removes a model that no manifest has, with all that is here of it. */
  unregister(modelId: string, options?: UnregisterOptions): Promise<Unregistered>;
  /** Takes over what an older model manager had on record: all of it, or nothing. @throws ModelError MANIFEST_INVALID with every problem */
  importRegistry(file: string, options?: CallOptions): Promise<RegistryImport>;
  /** Does so with a file in the registry's own place; undefined where there is nothing to do. */
  convertRegistry(options?: CallOptions): Promise<RegistryImport | undefined>;
  /** Begins to bring a model here that no manifest has, file by file. @throws ModelError NO_SPACE, QUOTA_EXCEEDED with nothing begun */
  createUpload(request: UploadRequest, options?: CallOptions): Promise<Upload>;
  /** Those that somebody may still go on with. Changes nothing on disk. */
  uploads(): Promise<readonly Upload[]>;
  /** Changes nothing on disk. */
  upload(id: string): Promise<Upload>;
  /** Bytes of one file, from where it stands; with the last one it is proven. */
  receiveBytes(request: ReceiveRequest, options?: CallOptions): Promise<UploadedFile>;
  /** Makes a model of an upload whose files are all here, and publishes it. */
  completeUpload(id: string, options?: CallOptions): Promise<EnsureResult>;
  abortUpload(id: string, options?: CallOptions): Promise<{ readonly model_id: string }>;
  close(): Promise<void>;
}
