/** The verbs on one object: what library users hold. */

import type { BundleApplied, BundleCreated } from '../domain/bundle-results.ts';
import type { DiskUsage } from '../domain/disk-usage.ts';
import type { ExportReport } from '../domain/export-results.ts';
import type { GcPlan, GcReport } from '../domain/gc.ts';
import type { PinReport, UnpinResult } from '../domain/holds.ts';
import type { ImportReport } from '../domain/import-results.ts';
import type { AddReport, DiffReport, DropReport, LockReport, OutdatedReport } from '../domain/lock-results.ts';
import type { RebuildReport } from '../domain/rebuild.ts';
import type { RegistryEntry } from '../domain/registry-entry.ts';
import type { RegistryImport } from '../domain/registry-import.ts';
import type { RepairReport } from '../domain/repair.ts';
import type { EnsurePlan, EnsureResult, SourcesReport, VerifyReport, WeightsReport } from '../domain/results.ts';
import type { ScrubReport } from '../domain/scrub.ts';
import type { SmokeNote } from '../domain/smoke.ts';
import type { SpaceVerdict } from '../domain/space.ts';
import type { ModelSpec, ModelSummary } from '../domain/spec.ts';
import type { ModelStatus } from '../domain/status.ts';
import type { NewTierId, TierMove, TierReport } from '../domain/tiers.ts';
import type { Upload, UploadedFile, UploadRecord } from '../domain/uploads.ts';
import { touchAccess } from '../store/access.ts';
import { readStatKey } from '../store/stat-key.ts';
import type {
  AddOptions,
  ApplyBundleOptions,
  CallOptions,
  CreateBundleOptions,
  DiskUsageOptions,
  EnsureOptions,
  ExportOptions,
  GcOptions,
  GcRunOptions,
  HeldModel,
  ImportOptions,
  LeaseOptions,
  ListOptions,
  LockOptions,
  ModelOptions,
  ModelOrchestrator,
  PinOptions,
  RebuildOptions,
  RemoveOptions,
  RemoveResult,
  RepairOptions,
  ScrubOptions,
  SourcesCallOptions,
  SourcesOptions,
  SpaceHold,
  TargetOptions,
  TierDropOptions,
  TierMoveOptions,
  TierStatusOptions,
  VerifyOptions,
} from './api.ts';
import { type Chosen, chooseVariant } from './choose-variant.ts';
import { ensureModel } from './ensure.ts';
import type { AnnotateRequest } from './entries/annotate-model.ts';
import type { FoundEntry } from './entries/find-entry.ts';
import type { RegisterRequest } from './entries/register-model.ts';
import type { Unregistered, UnregisterOptions } from './entries/unregister-model.ts';
import { LazyHold } from './lazy-hold.ts';
import { listModels } from './list.ts';
import type { OpenedFile } from './open-file.ts';
import type { Orchestration } from './orchestration.ts';
import { statusOf } from './status.ts';
import type { UploadRequest } from './uploads/create-upload.ts';
import type { ReceiveRequest } from './uploads/receive-bytes.ts';

export class Verbs implements ModelOrchestrator {
  readonly #work: Orchestration;
  readonly #close: () => Promise<void>;

  constructor(work: Orchestration, close: () => Promise<void>) {
    this.#work = work;
    this.#close = close;
  }

  async ensure(modelId: string, options?: EnsureOptions): Promise<string> {
    return (await this.ensureDetailed(modelId, options)).path;
  }

  ensureDetailed(modelId: string, options?: EnsureOptions): Promise<EnsureResult> {
    return ensureModel(this.#work, modelId, options);
  }

  status(modelId: string, options?: TargetOptions): Promise<ModelStatus> {
    return statusOf(this.#work, modelId, options);
  }

  async plan(modelId: string, options?: EnsureOptions): Promise<EnsurePlan> {
    const { planEnsure } = await import('./plan.ts');
    return planEnsure(this.#work, modelId, options);
  }

  async preflight(modelIds: readonly string[], options?: EnsureOptions): Promise<SpaceVerdict> {
    const { preflightOf } = await import('./space-hold.ts');
    return preflightOf(this.#work, modelIds, options);
  }

  holdSpace(modelIds: readonly string[], options?: EnsureOptions): SpaceHold {
    return new LazyHold(async () => (await import('./space-hold.ts')).reserveForAll(this.#work, modelIds, options));
  }

  async verifyIntegrity(modelId: string, options?: VerifyOptions): Promise<VerifyReport> {
    const { verifyModel } = await import('./verify.ts');
    return verifyModel(this.#work, modelId, options);
  }

  async repair(modelId: string, options?: RepairOptions): Promise<RepairReport> {
    const { repairModel } = await import('./repair.ts');
    return repairModel(this.#work, modelId, options);
  }

  async scrub(options?: ScrubOptions): Promise<ScrubReport> {
    const { scrubStore } = await import('./scrub.ts');
    return scrubStore(this.#work, options);
  }

  async rebuild(options?: RebuildOptions): Promise<RebuildReport> {
    const { rebuildStore } = await import('./rebuild.ts');
    return rebuildStore(this.#work, options);
  }

  async estimateDownloadSize(modelId: string, options?: TargetOptions): Promise<number> {
    return (await this.plan(modelId, options)).fetchBytes;
  }

  listModels(options: ListOptions = {}): Promise<readonly ModelSummary[]> {
    return listModels(this.#work, options);
  }

  async show(modelId: string, options: ModelOptions = {}): Promise<ModelSpec> {
    return (await this.#chosen(modelId, options)).spec;
  }

  async weights(modelId: string, options: ModelOptions = {}): Promise<WeightsReport> {
    const { weightsOf } = await import('./weights.ts');
    return weightsOf(this.#work, (await this.#chosen(modelId, options)).spec);
  }

  async sources(modelId: string, options?: SourcesOptions): Promise<SourcesReport> {
    const { sourcesOf } = await import('./sources.ts');
    return sourcesOf(this.#work, modelId, options);
  }

  async openFile(modelId: string, path: string, options: ModelOptions = {}): Promise<OpenedFile> {
    const { openFile } = await import('./open-file.ts');
    return openFile(this.#work, (await this.#chosen(modelId, options)).spec, path);
  }

  async localDir(modelId: string, options: ModelOptions = {}): Promise<string> {
    const { spec } = await this.#chosen(modelId, options);
    const { store } = this.#work;
    const directory = store.resolver.modelDir(spec.family, spec.ref);
    if (readStatKey(directory) !== undefined) await touchAccess(store, spec.family, spec.ref);
    return directory;
  }

  async remove(modelId: string, options?: RemoveOptions): Promise<RemoveResult> {
    const { removeModel } = await import('./remove.ts');
    return removeModel(this.#work, modelId, options);
  }

  async pinModel(modelId: string, options?: PinOptions): Promise<PinReport> {
    const { pinModel } = await import('./pins.ts');
    return pinModel(this.#work, modelId, options);
  }

  async unpinModel(modelId: string, options?: ModelOptions): Promise<UnpinResult> {
    const { unpinModel } = await import('./pins.ts');
    return unpinModel(this.#work, modelId, options);
  }

  async pins(): Promise<readonly PinReport[]> {
    const { pinsOf } = await import('./pins.ts');
    return pinsOf(this.#work);
  }

  async lease(modelId: string, options?: LeaseOptions): Promise<HeldModel> {
    const { leaseModel } = await import('./lease.ts');
    return leaseModel(this.#work, modelId, options);
  }

  async noteSmoke(held: HeldModel, note: SmokeNote, options?: CallOptions): Promise<void> {
    const { noteSmoke } = await import('./note-smoke.ts');
    return noteSmoke(this.#work, held, note, options);
  }

  async diskUsage(modelIds: readonly string[] = [], options?: DiskUsageOptions): Promise<DiskUsage> {
    const { diskUsageOf } = await import('./disk-usage.ts');
    return diskUsageOf(this.#work, modelIds, options);
  }

  async planGc(options?: GcOptions): Promise<GcPlan> {
    const { planCollection } = await import('./gc/collect-garbage.ts');
    return planCollection(this.#work, options);
  }

  async gc(options?: GcRunOptions): Promise<GcReport> {
    const { collectGarbage } = await import('./gc/collect-garbage.ts');
    return collectGarbage(this.#work, options);
  }

  async tierStatus(modelIds: readonly string[] = [], options?: TierStatusOptions): Promise<TierReport> {
    const { tierReport } = await import('./tier-status.ts');
    return tierReport(this.#work, modelIds, options);
  }

  async moveToTier(modelId: string, options: TierMoveOptions): Promise<TierMove> {
    const { moveToTier } = await import('./tier-move.ts');
    return moveToTier(this.#work, modelId, options);
  }

  async dropFromTier(modelId: string, options?: TierDropOptions): Promise<TierMove> {
    const { dropFromTier } = await import('./tier-back.ts');
    return dropFromTier(this.#work, modelId, options);
  }

  async newTierId(options?: CallOptions): Promise<NewTierId> {
    const { newTierId } = await import('./tier-new-id.ts');
    return newTierId(this.#work, options);
  }

  async lock(modelIds: readonly string[] = [], options?: LockOptions): Promise<LockReport> {
    const { lockModels } = await import('./lock.ts');
    return lockModels(this.#work, modelIds, options);
  }

  async add(source: string, options?: AddOptions): Promise<AddReport> {
    const { addModel } = await import('./add.ts');
    return addModel(this.#work, source, options);
  }

  async drop(modelIds: readonly string[], options?: CallOptions): Promise<DropReport> {
    const { dropModels } = await import('./drop.ts');
    return dropModels(this.#work, modelIds, options);
  }

  async diff(from: string, to?: string, options?: SourcesCallOptions): Promise<DiffReport> {
    const { diffModels } = await import('./diff.ts');
    return diffModels(this.#work, from, to, options);
  }

  async outdated(modelIds: readonly string[] = [], options?: SourcesCallOptions): Promise<OutdatedReport> {
    const { outdatedModels } = await import('./outdated.ts');
    return outdatedModels(this.#work, modelIds, options);
  }

  async import(modelIds: readonly string[], options: ImportOptions): Promise<ImportReport> {
    const { importModels } = await import('./import/import-models.ts');
    return importModels(this.#work, modelIds, options);
  }

  async export(modelId: string, options: ExportOptions): Promise<ExportReport> {
    const { exportModel } = await import('./export/export-model.ts');
    return exportModel(this.#work, modelId, options);
  }

  async createBundle(modelIds: readonly string[], options: CreateBundleOptions): Promise<BundleCreated> {
    const { createBundle } = await import('./bundle/create-bundle.ts');
    return createBundle(this.#work, modelIds, options);
  }

  async applyBundle(path: string, options?: ApplyBundleOptions): Promise<BundleApplied> {
    const { applyBundle } = await import('./bundle/apply-bundle.ts');
    return applyBundle(this.#work, path, options);
  }

  async entries(): Promise<readonly RegistryEntry[]> {
    const { listEntries } = await import('./entries/list-entries.ts');
    return listEntries(this.#work);
  }

  async findEntry(modelId: string): Promise<FoundEntry> {
    const { findEntry } = await import('./entries/find-entry.ts');
    return findEntry(this.#work, modelId);
  }

  async register(request: RegisterRequest, options?: CallOptions): Promise<RegistryEntry> {
    const { registerModel } = await import('./entries/register-model.ts');
    return registerModel(this.#work, request, options);
  }

  async annotate(modelId: string, request: AnnotateRequest, options?: CallOptions): Promise<RegistryEntry> {
    const { annotateModel } = await import('./entries/annotate-model.ts');
    return annotateModel(this.#work, modelId, request, options);
  }

  async unregister(modelId: string, options?: UnregisterOptions): Promise<Unregistered> {
    const { unregisterModel } = await import('./entries/unregister-model.ts');
    return unregisterModel(this.#work, modelId, options);
  }

  async importRegistry(file: string, options?: CallOptions): Promise<RegistryImport> {
    const { importRegistry } = await import('./entries/import-registry.ts');
    return importRegistry(this.#work, file, options);
  }

  async convertRegistry(options?: CallOptions): Promise<RegistryImport | undefined> {
    const { isOlderRegistry } = await import('./entries/import-registry.ts');
    return isOlderRegistry(this.#work) ? this.importRegistry(this.#work.entriesPath, options) : undefined;
  }

  async createUpload(request: UploadRequest, _options?: CallOptions): Promise<Upload> {
    const { createUpload } = await import('./uploads/create-upload.ts');
    return createUpload(this.#work, request);
  }

  async uploads(): Promise<readonly Upload[]> {
    const { openUploads } = await import('./uploads/look-at-upload.ts');
    return openUploads(this.#work);
  }

  async upload(id: string): Promise<Upload> {
    const { lookAtUpload, requireUpload } = await import('./uploads/look-at-upload.ts');
    return lookAtUpload(this.#work, requireUpload(this.#work, id));
  }

  async receiveBytes(request: ReceiveRequest, options?: CallOptions): Promise<UploadedFile> {
    const { receiveBytes } = await import('./uploads/receive-bytes.ts');
    return receiveBytes(this.#work, request, options);
  }

  async completeUpload(id: string, options?: CallOptions): Promise<EnsureResult> {
    const { completeUpload } = await import('./uploads/complete-upload.ts');
    return completeUpload(this.#work, id, options);
  }

  async abortUpload(id: string, _options?: CallOptions): Promise<UploadRecord> {
    const { abortUpload } = await import('./uploads/abort-upload.ts');
    return abortUpload(this.#work, id);
  }

  async #chosen(modelId: string, { variant, overlays }: ModelOptions): Promise<Chosen> {
    const { environment } = this.#work.settings;
    return chooseVariant(await this.#work.registry(), modelId, { variant, overlays, environment });
  }

  close(): Promise<void> {
    return this.#close();
  }
}
