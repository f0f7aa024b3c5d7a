import type { ModelHealth } from '../../domain/health.ts';
import { type ModelStatusName, modelTypeOf } from '../../domain/model-kinds.ts';
import type { RegistryEntry } from '../../domain/registry-entry.ts';
import type { ModelSpec, ModelSummary } from '../../domain/spec.ts';
import { ModelState } from '../../domain/status.ts';
import { redactUrl } from '../../util/redact-url.ts';
import type { Wire } from '../../wire/wire.ts';
import type { modelDetails, modelEntry } from '../contract/models.ts';

export type ModelEntry = Wire<typeof modelEntry>;

/** A model of the manifest, and what was seen of it. */
export interface KnownModel {
  readonly summary: ModelSummary;
  readonly health: ModelHealth;
  /** Of the manifest. ISO 8601. */
  readonly writtenAt: string;
  /** What is noted of it. */
  readonly entry?: RegistryEntry;
}

const GB = 1e9;

export function modelEntryWire({ summary, health, writtenAt, entry }: KnownModel): ModelEntry {
  const { status } = health;
  const [name = '', version = ''] = summary.modelId.split('@');
  const sizeBytes = status?.totalBytes ?? summary.totalBytes;
  const isCustom = entry?.isCustom ?? false;
  return {
    id: summary.modelId,
    ...{ name, version },
    type: entry?.type ?? modelTypeOf(summary.type),
    status: statusNameOf(health),
    assigned_worker: null,
    created_at: status?.verifiedAt ?? (isCustom ? entry?.createdAt : undefined) ?? writtenAt,
    ...sizeWire(sizeBytes),
    download_progress: progressOf(health, sizeBytes),
    description: entry?.description ?? summary.description,
    family: summary.family,
    variants: summary.variants,
    default_variant: summary.defaultVariant,
    overlays: summary.overlays ?? [],
    file_count: summary.fileCount,
    state: status?.state ?? (health.error === undefined ? 'UNKNOWN' : 'ERROR'),
    bytes_needed: status?.bytesNeeded ?? 0,
    proof: status?.proof ?? summary.proof ?? null,
    verified_at: status?.verifiedAt ?? null,
    path: status?.path ?? null,
    error_message: health.error?.message ?? null,
    custom: isCustom,
    tags: entry?.tags ?? summary.tags ?? [],
  };
}

const sizeWire = (bytes: number) => ({
  size: `${(bytes / GB).toFixed(1)} GB`,
  size_bytes: bytes,
  size_gb: Math.round((bytes / GB) * 1000) / 1000,
});

/** 0 to 1, and 1 only of what is whole. */
export function progressOf(health: ModelHealth, totalBytes: number): number {
  if (statusNameOf(health) === 'available') return 1;
  const needed = health.status?.bytesNeeded ?? totalBytes;
  return totalBytes === 0 ? 0 : Math.min(0.999, Math.max(0, 1 - needed / totalBytes));
}

/** Whoever holds the model's lock to make it real is downloading it. */
export function statusNameOf({ status, error }: ModelHealth): ModelStatusName {
  if (status === undefined) return error === undefined ? 'pending' : 'error';
  if (status.state === ModelState.COMPLETE || status.state === ModelState.VERIFYING) return 'available';
  if (status.holder?.doing.startsWith('ensure ') === true) return 'downloading';
  return status.state === ModelState.CORRUPT ? 'error' : 'pending';
}

export function modelDetailsWire(known: KnownModel, spec: ModelSpec): Wire<typeof modelDetails> {
  const entry = modelEntryWire(known);
  const { updatedAt, tags, capabilities, requirements, metadata } = known.entry ?? ({} as Partial<RegistryEntry>);
  const components = new Set(spec.files.flatMap(({ component }) => component ?? []));
  return {
    ...entry,
    updated_at: updatedAt ?? entry.created_at,
    last_used: null,
    variant: spec.variant,
    tags: tags ?? spec.tags,
    capabilities: capabilities ?? spec.pipeline?.modes ?? [],
    requirements: { ...(spec.vramEstimation?.minVramGb !== undefined && { min_vram_gb: spec.vramEstimation.minVramGb }), ...requirements },
    metadata: { ...(spec.license !== undefined && { license: spec.license }), defaults: spec.defaults, ...metadata },
    components: [...components],
    required_components: spec.requiredComponents,
    optional_components: spec.optionalComponents,
    sources: spec.sources.map((source) => redactUrl(source)),
    spec_digest: spec.specDigest,
    deleted_at: null,
  };
}
