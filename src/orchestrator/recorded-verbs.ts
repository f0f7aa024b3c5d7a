/** The verbs, with what they did put on record: every one that changes something, finds damage, or can fail where that counts. */
import type { ActName, Facts } from '../domain/acts.ts';
import type { BundleApplied, BundleCreated } from '../domain/bundle-results.ts';
import { asModelError, isModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import type { ExportReport } from '../domain/export-results.ts';
import type { GcReport } from '../domain/gc.ts';
import type { PinReport, UnpinResult } from '../domain/holds.ts';
import type { ImportReport } from '../domain/import-results.ts';
import type { AddReport, DropReport, LockReport } from '../domain/lock-results.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { RebuildReport } from '../domain/rebuild.ts';
import type { RegistryEntry } from '../domain/registry-entry.ts';
import type { RegistryImport } from '../domain/registry-import.ts';
import type { RepairReport } from '../domain/repair.ts';
import type { EnsureResult, VerifyReport } from '../domain/results.ts';
import type { ScrubReport } from '../domain/scrub.ts';
import type { NewTierId, TierMove } from '../domain/tiers.ts';
import type { Upload, UploadRecord } from '../domain/uploads.ts';
import type { CallRecord, Recorder } from '../telemetry/recorder.ts';
import * as facts from './act-facts.ts';
import type {
  AddOptions,
  ApplyBundleOptions,
  CallOptions,
  CreateBundleOptions,
  EnsureOptions,
  ExportOptions,
  GcRunOptions,
  HeldModel,
  ImportOptions,
  LeaseOptions,
  LockOptions,
  ModelOptions,
  PinOptions,
  RebuildOptions,
  RemoveOptions,
  RemoveResult,
  RepairOptions,
  ScrubOptions,
  SpaceHold,
  TierDropOptions,
  TierMoveOptions,
  VerifyOptions,
} from './api.ts';
import { chooseVariant } from './choose-variant.ts';
import type { AnnotateRequest } from './entries/annotate-model.ts';
import type { RegisterRequest } from './entries/register-model.ts';
import type { Unregistered, UnregisterOptions } from './entries/unregister-model.ts';
import { LazyHold } from './lazy-hold.ts';
import type { Orchestration } from './orchestration.ts';
import type { UploadRequest } from './uploads/create-upload.ts';
import { Verbs } from './verbs.ts';

interface Act<R> {
  readonly act: ActName;
  readonly modelId?: string;
  /** What it did, for the audit log; undefined where nothing was changed. Absent: its own events say it. */
  readonly done?: (result: R) => Facts | undefined;
}

export interface RecordedVerbsOptions {
  readonly close: () => Promise<void>;
  readonly recorder: Recorder;
  readonly newCorrelationId: () => string;
}

export class RecordedVerbs extends Verbs {
  readonly #work: Orchestration;
  readonly #recorder: Recorder;
  readonly #newCorrelationId: () => string;

  constructor(work: Orchestration, { close, recorder, newCorrelationId }: RecordedVerbsOptions) {
    super(work, close);
    this.#work = work;
    this.#recorder = recorder;
    this.#newCorrelationId = newCorrelationId;
  }

  override ensureDetailed(modelId: string, options: EnsureOptions = {}): Promise<EnsureResult> {
    return this.#record({ act: 'ensure', modelId }, options, (call) => super.ensureDetailed(modelId, call));
  }

  /** What makes room for several models is on record; that there is none, each of them says itself. */
  override holdSpace(modelIds: readonly string[], options: EnsureOptions = {}): SpaceHold {
    return new LazyHold(() => this.#watch(options, (call) => super.holdSpace(modelIds, call).reserve()));
  }

  override verifyIntegrity(modelId: string, options: VerifyOptions = {}): Promise<VerifyReport> {
    return this.#record({ act: 'verify', modelId }, options, (call) => super.verifyIntegrity(modelId, call));
  }

  override repair(modelId: string, options: RepairOptions = {}): Promise<RepairReport> {
    if (options.dryRun) return super.repair(modelId, options);
    return this.#record({ act: 'repair', modelId, done: facts.ofRepair }, options, (call) => super.repair(modelId, call));
  }

  override scrub(options: ScrubOptions = {}): Promise<ScrubReport> {
    return this.#record({ act: 'scrub' }, options, (call) => super.scrub(call));
  }

  override rebuild(options: RebuildOptions = {}): Promise<RebuildReport> {
    if (options.dryRun) return super.rebuild(options);
    return this.#record({ act: 'rebuild', done: facts.ofRebuild }, options, (call) => super.rebuild(call));
  }

  override remove(modelId: string, options: RemoveOptions = {}): Promise<RemoveResult> {
    return this.#record({ act: 'rm', modelId, done: facts.ofRemoval(options) }, options, (call) => super.remove(modelId, call));
  }

  override pinModel(modelId: string, options: PinOptions = {}): Promise<PinReport> {
    return this.#record({ act: 'pin', modelId, done: facts.ofPin }, options, (call) => super.pinModel(modelId, call));
  }

  override unpinModel(modelId: string, options: ModelOptions & CallOptions = {}): Promise<UnpinResult> {
    return this.#record({ act: 'unpin', modelId, done: facts.ofUnpin }, options, (call) => super.unpinModel(modelId, call));
  }

  override lease(modelId: string, options: LeaseOptions = {}): Promise<HeldModel> {
    return this.#record({ act: 'lease', modelId }, options, (call) => super.lease(modelId, call));
  }

  override gc(options: GcRunOptions = {}): Promise<GcReport> {
    return this.#record({ act: 'gc' }, options, (call) => super.gc(call));
  }

  override moveToTier(modelId: string, options: TierMoveOptions): Promise<TierMove> {
    if (options.dryRun) return super.moveToTier(modelId, options);
    return this.#record({ act: 'tier.move', modelId, done: facts.ofTierMove }, options, (call) => super.moveToTier(modelId, call));
  }

  override dropFromTier(modelId: string, options: TierDropOptions = {}): Promise<TierMove> {
    return this.#record({ act: 'tier.drop', modelId, done: facts.ofTierMove }, options, (call) => super.dropFromTier(modelId, call));
  }

  override newTierId(options: CallOptions = {}): Promise<NewTierId> {
    return this.#record({ act: 'tier.new_id', done: facts.ofNewTierId }, options, (call) => super.newTierId(call));
  }

  override lock(modelIds: readonly string[] = [], options: LockOptions = {}): Promise<LockReport> {
    const act = options.update ? 'update' : 'lock';
    return this.#record({ act, ...single(modelIds), done: facts.ofLock }, options, (call) => super.lock(modelIds, call));
  }

  override add(source: string, options: AddOptions = {}): Promise<AddReport> {
    return this.#record({ act: 'add', done: facts.ofAdd }, options, (call) => super.add(source, call));
  }

  override drop(modelIds: readonly string[], options: CallOptions = {}): Promise<DropReport> {
    return this.#record({ act: 'remove', ...single(modelIds), done: facts.ofDrop }, options, (call) => super.drop(modelIds, call));
  }

  override import(modelIds: readonly string[], options: ImportOptions): Promise<ImportReport> {
    if (options.dryRun) return super.import(modelIds, options);
    return this.#record({ act: 'import', ...single(modelIds), done: facts.ofImport }, options, (call) => super.import(modelIds, call));
  }

  override export(modelId: string, options: ExportOptions): Promise<ExportReport> {
    return this.#record({ act: 'export', modelId, done: facts.ofExport }, options, (call) => super.export(modelId, call));
  }

  override createBundle(modelIds: readonly string[], options: CreateBundleOptions): Promise<BundleCreated> {
    const act: Act<BundleCreated> = { act: 'bundle.create', ...single(modelIds), done: facts.ofBundleCreated };
    return this.#record(act, options, (call) => super.createBundle(modelIds, call));
  }

  override applyBundle(path: string, options: ApplyBundleOptions = {}): Promise<BundleApplied> {
    return this.#record({ act: 'bundle.apply', done: facts.ofBundleApplied }, options, (call) => super.applyBundle(path, call));
  }

  override register(request: RegisterRequest, options: CallOptions = {}): Promise<RegistryEntry> {
    const { modelId } = request;
    return this.#record({ act: 'register', modelId, done: facts.ofEntry }, options, (call) => super.register(request, call));
  }

  override annotate(modelId: string, request: AnnotateRequest, options: CallOptions = {}): Promise<RegistryEntry> {
    return this.#record({ act: 'annotate', modelId, done: facts.ofEntry }, options, (call) => super.annotate(modelId, request, call));
  }

  override unregister(modelId: string, options: UnregisterOptions = {}): Promise<Unregistered> {
    const done = facts.ofUnregistration(options);
    return this.#record({ act: 'unregister', modelId, done }, options, (call) => super.unregister(modelId, call));
  }

  override importRegistry(file: string, options: CallOptions = {}): Promise<RegistryImport> {
    return this.#record({ act: 'registry.import', done: facts.ofRegistryImport }, options, (call) => super.importRegistry(file, call));
  }

  override createUpload(request: UploadRequest, options: CallOptions = {}): Promise<Upload> {
    const { modelId } = request;
    return this.#record({ act: 'upload.create', modelId, done: facts.ofUpload }, options, (call) => super.createUpload(request, call));
  }

  override completeUpload(id: string, options: CallOptions = {}): Promise<EnsureResult> {
    return this.#record({ act: 'upload.complete', done: facts.ofCompletion(id) }, options, (call) => super.completeUpload(id, call));
  }

  override abortUpload(id: string, options: CallOptions = {}): Promise<UploadRecord> {
    return this.#record({ act: 'upload.abort', done: facts.ofAbandoned }, options, (call) => super.abortUpload(id, call));
  }

  #record<O extends CallOptions, R>(what: Act<R>, options: O, run: (call: O) => Promise<R>): Promise<R> {
    return this.#watch(options, async (call) => {
      try {
        const result = await run(call);
        const done = what.done?.(result);
        if (done !== undefined) (await this.#emitter(what, call))({ type: 'act.finished', act: what.act, facts: done });
        return result;
      } catch (error) {
        (await this.#emitter(what, call))({ type: 'act.failed', act: what.act, error: asModelError(error).toJSON() });
        throw error;
      }
    });
  }

  /** All events of a call go on record before it returns. */
  async #watch<O extends CallOptions, R>(options: O, run: (call: O) => Promise<R>): Promise<R> {
    const { correlationId = this.#newCorrelationId(), sinks = [] } = options;
    const named = { ...options, correlationId };
    const record: CallRecord = this.#recorder.begin(options.actor, (warning) => this.#work.emitter(named)(warning));
    try {
      return await run({ ...named, sinks: [...sinks, record.sink] });
    } finally {
      await record.settle();
    }
  }

  async #emitter({ modelId }: Pick<Act<never>, 'modelId'>, call: CallOptions & ModelOptions): Promise<Emit> {
    if (modelId === undefined) return this.#work.emitter(call);
    try {
      const { variant, overlays } = call;
      const { environment } = this.#work.settings;
      const { spec } = chooseVariant(await this.#work.registry(), modelId, { variant, overlays, environment });
      return this.#work.emitter(call, formatRef(spec.ref), spec.variant);
    } catch (error) {
      // The manifest has it no more, or cannot be read: what was asked for is told as it was asked for.
      if (isModelError(error)) return this.#work.emitter(call, modelId);
      throw error;
    }
  }
}

const single = (modelIds: readonly string[]): { modelId?: string } => {
  const [modelId, ...others] = modelIds;
  return modelId === undefined || others.length > 0 ? {} : { modelId };
};
