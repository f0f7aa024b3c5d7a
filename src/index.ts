/** wan-models: the library. The only barrel. */

export type { StorageBackend } from './backends/backend.ts';
export {
  type AuditReader,
  metricsOf,
  openAudit,
} from './compose/telemetry.ts';
export {
  checkInvariants,
  createOrchestrator,
  embeddingCache,
  getWanPaths,
  inspectBundle,
  loadPlan,
  ModelEnsurer,
  type OrchestratorOptions,
  prepareImage,
  type SmokeTestOptions,
  smokeModel,
  verifyBundle,
  writeImageTensor,
} from './compose.ts';
export type { Config } from './config/config.ts';
export { loadConfig } from './config/load-config.ts';
export type { AuditedAct, CallActor, Facts, Via } from './domain/acts.ts';
export type { AuditActor, AuditEntry, AuditFault, AuditFaultKind, AuditLine, AuditMark, AuditVerdict } from './domain/audit.ts';
export type {
  AppliedModel,
  BundleApplied,
  BundleCreated,
  BundledModel,
  BundleFacts,
  BundleInspected,
  BundleVerified,
} from './domain/bundle-results.ts';
export type { ByteClass, ByteSum, ClassUsage, DiskUsage, HolderUsage, ModelUsage, SharingFacts } from './domain/disk-usage.ts';
export { type Attempt, asModelError, ERROR_CODES, ErrorCode, type ErrorDocument, isModelError, ModelError } from './domain/errors.ts';
export type { EventSink, ModelEvent } from './domain/events.ts';
export type { ExportedFile, ExportReport } from './domain/export-results.ts';
export type { GcItem, GcKeep, GcKind, GcModel, GcPlan, GcReport, GcRule, GcTarget, GcTrigger, InUseLook } from './domain/gc.ts';
export type { Health, ModelHealth, ModelsHealth, QuotaHealth, SourceHealth, StorageHealth } from './domain/health.ts';
export type { ModelLease, ModelPin, PinReport, PinState, StoredPin, UnpinResult } from './domain/holds.ts';
export type { ImagePlan, ImageRule, ImageSource, PixelSize, PreparedImage } from './domain/image-conditioning.ts';
export type { AdoptedFile, ImportedModel, ImportReport, ImportWay, RefusedFile, UnknownModel } from './domain/import-results.ts';
export type { LoadPlan, PlannedComponent, VaePlan } from './domain/load-plan.ts';
export type {
  AddReport,
  DiffReport,
  DropReport,
  FileChange,
  FileFacts,
  LockedPart,
  LockReport,
  NotDerived,
  OutdatedPart,
  OutdatedReport,
} from './domain/lock-results.ts';
export type { MemoryComponent, MemoryEstimate, MemoryStages, OffloadStrategy, StrategyEstimate } from './domain/memory-estimate.ts';
export type { Count, MetricsReport } from './domain/metrics.ts';
export { type CanonicalRef, formatRef, type ModelRef, parseModelRef } from './domain/model-ref.ts';
export { PROOF_LEVELS, type ProofCounts, type ProofLevel } from './domain/proof.ts';
export type { FileProof, PublishedDigest } from './domain/published-digest.ts';
export type { RebuildReport, RebuiltSnapshot } from './domain/rebuild.ts';
export type { KeptPieces, MendedBlob, RepairedFile, RepairReport, RepairWay } from './domain/repair.ts';
export type {
  EnsuredFile,
  EnsurePlan,
  EnsureResult,
  FormatFault,
  ModelSource,
  PlannedFile,
  SourceFailureNote,
  SourceProbe,
  SourcesReport,
  VerifiedFile,
  VerifyReport,
} from './domain/results.ts';
export type { BlobVerdict, CorruptBlob, ScrubReport } from './domain/scrub.ts';
export type {
  SmokeClip,
  SmokeClipResult,
  SmokeDevice,
  SmokeMemory,
  SmokeMode,
  SmokeNote,
  SmokePython,
  SmokeReport,
  SmokeVerdict,
} from './domain/smoke.ts';
export type { QuotaVerdict, Reclaimable, SpaceVerdict } from './domain/space.ts';
export type { FilePin, FileSpec, ModelSpec, ModelSummary, PartLock, Selection } from './domain/spec.ts';
export { ModelState, type ModelStatus } from './domain/status.ts';
export type { Subset } from './domain/subset.ts';
export type {
  BlobForm,
  MovedBlob,
  NewTierId,
  TieredBlob,
  TieredModel,
  TierFault,
  TierMove,
  TierReport,
  TierState,
} from './domain/tiers.ts';
export type { RequestField, RequestProblem, ResolvedRequest, VideoRequest } from './domain/video-request.ts';
export type { Dtype } from './formats/dtype.ts';
export { LockManager } from './locks/lock-manager.ts';
export type {
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
  LockOptions,
  ModelOptions,
  ModelOrchestrator,
  PinOptions,
  Progress,
  RebuildOptions,
  RemoveOptions,
  RemoveResult,
  RepairOptions,
  ResolveUrl,
  ScrubOptions,
  SourcesCallOptions,
  SourcesOptions,
  SpaceHold,
  TargetOptions,
  TierDropOptions,
  TierMoveOptions,
  TierStatusOptions,
  UrlRequest,
  VerifyOptions,
} from './orchestrator/api.ts';
export { GarbageCollector } from './orchestrator/gc/garbage-collector.ts';
export { HealthMonitor, type HealthMonitorOptions, type HealthQuestion } from './orchestrator/health/health-monitor.ts';
export type { OpenedFile } from './orchestrator/open-file.ts';
export type { PrepareImageOptions } from './pipeline/conditioning/prepare-image.ts';
export type { EmbeddingEntry, EmbeddingKey, EmbeddingTensor, EmbeddingTensors } from './pipeline/embedding-cache/embedding.ts';
export type {
  ComputeEmbedding,
  EmbeddingCache,
  EmbeddingCacheStats,
  GetOrComputeOptions,
} from './pipeline/embedding-cache/embedding-cache.ts';
export type { WanPathsOptions } from './pipeline/get-wan-paths.ts';
export type { LoadPlanOptions } from './pipeline/load-plan.ts';
export type { ManifestProblem } from './registry/manifest-problem.ts';
export { ModelRegistry } from './registry/model-registry.ts';
export { validateManifest } from './registry/validate-manifest.ts';
export { ModelResolver } from './resolver/model-resolver.ts';
export type { Violation } from './store/check-invariants.ts';
export type { VerifyAuditOptions } from './telemetry/audit/verify-audit.ts';
