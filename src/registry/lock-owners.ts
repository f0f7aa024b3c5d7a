/**
 * What of a manifest is pinned together: a model's own files, those that a variant or an overlay has of its own, and a shared component's.
 * Each is one entry of the lockfile. Pure, and part of every start: no heavy import here.
 */
import type { FileOrigin } from '../domain/spec.ts';
import type { ManifestComponent, ManifestFile, ManifestModel } from './manifest-schema.ts';
import { filesOfVariant } from './variant-files.ts';

export interface LockKey {
  readonly kind: 'models' | 'components';
  readonly id: string;
}

export interface LockOwner extends LockKey {
  /** Where files are looked for, best first: a source, and what stands before a file's path there. */
  readonly places: readonly FileOrigin[];
  /** Globs that an open list is cut to; none: all files. */
  readonly patterns: readonly string[];
  /** Absent where the manifest leaves the list open: then it is whatever the source has. */
  readonly files?: readonly ManifestFile[];
  /** Of a variant that is made from another one: what decides which files are made. They are pinned beside the list. */
  readonly derivation?: OwnDerivation;
}

interface OwnDerivation {
  readonly from: string;
  readonly dtype: string;
  readonly components?: readonly string[];
}

/** Nothing of it is at any source: all of it is made. */
export const isAllMade = ({ derivation, places }: LockOwner): boolean => derivation !== undefined && places.length === 0;

export const ownersOfModel = (id: string, model: ManifestModel): LockOwner[] => [
  ...baseOwner(id, model),
  ...Object.keys(model.variant ?? {}).flatMap((variant) => variantOwner(id, model, variant)),
  ...Object.keys(model.overlays ?? {}).flatMap((name) => overlayOwner(id, model, name)),
];

/** A component without sources of its own is read from those of a model that mounts it. */
export function ownerOfComponent(id: string, component: ManifestComponent, mountedAt: readonly FileOrigin[] = []): LockOwner[] {
  const { files, sources, allow_patterns: patterns = [] } = component;
  if (files === undefined && sources === undefined) return [];
  const places = sources === undefined ? mountedAt : placesAt(sources.priority);
  return [{ kind: 'components', id, places, patterns: [...(sources?.allow_patterns ?? []), ...patterns], ...(files && { files }) }];
}

/** Whether the variant's directory has the model's own list: not where the variant brings sources, or a list in place of an open one. */
export function usesBase(model: ManifestModel, variant: string): boolean {
  const table = model.variant?.[variant];
  if (table?.sources !== undefined) return false;
  return model.files !== undefined || table?.files === undefined;
}

export const variantKey = (modelId: string, variant: string): string => `${modelId}@${variant}`;
export const overlayKey = (modelId: string, overlay: string): string => `${modelId}@+${overlay}`;

function baseOwner(id: string, model: ManifestModel): LockOwner[] {
  const { files, sources, allow_patterns: patterns = [], variants } = model;
  const isUsed = variants === undefined || variants.some((variant) => usesBase(model, variant));
  if ((files === undefined && sources === undefined) || !isUsed) return [];
  const places = placesAt(sources?.priority ?? []);
  return [{ kind: 'models', id, places, patterns: [...patterns, ...(sources?.allow_patterns ?? [])], ...(files && { files }) }];
}

function variantOwner(modelId: string, model: ManifestModel, variant: string): LockOwner[] {
  const { files, sources, derive_from: from, dtype = '', derive_components: components } = model.variant?.[variant] ?? {};
  const derivation = from === undefined ? undefined : { from, dtype, ...(components && { components }) };
  const key = { kind: 'models', id: variantKey(modelId, variant), ...(derivation && { derivation }) } as const;
  if (files === undefined && sources === undefined)
    return derivation === undefined ? [] : [{ ...key, places: [], patterns: [], files: [] }];
  const inForce = sources ?? model.sources;
  const isOpen = files === undefined && model.files === undefined;
  // With sources of its own the variant may have other bytes under every path.
  const list = sources === undefined ? files : filesOfVariant(variant, model.files ?? [], files ?? []);
  const patterns = [...(model.allow_patterns ?? []), ...(inForce?.allow_patterns ?? [])];
  const places = placesAt(inForce?.priority ?? []);
  return [{ ...key, places, patterns, ...(!isOpen && list && { files: list }) }];
}

function overlayOwner(modelId: string, model: ManifestModel, name: string): LockOwner[] {
  const { files, sources } = model.overlays?.[name] ?? {};
  if (files === undefined && sources === undefined) return [];
  const places = placesAt((sources ?? model.sources)?.priority ?? []);
  return [{ kind: 'models', id: overlayKey(modelId, name), places, patterns: sources?.allow_patterns ?? [], ...(files && { files }) }];
}

const placesAt = (sources: readonly string[]): FileOrigin[] => sources.map((source) => ({ source, path: '' }));
