/** What a plan is made from: the store as it is, the manifest, who has files open. Changes nothing on disk. */
import { existsSync } from 'node:fs';
import { isModelError } from '../../domain/errors.ts';
import type { InUseLook } from '../../domain/gc.ts';
import { type CanonicalRef, formatRef } from '../../domain/model-ref.ts';
import { CUSTOM_FAMILY } from '../../domain/registry-entry.ts';
import type { ModelSpec } from '../../domain/spec.ts';
import type { ModelRegistry } from '../../registry/model-registry.ts';
import { type FileUser, type OpenFiles, readOpenFiles } from '../../store/open-files.ts';
import { checkStore } from '../../store/open-store.ts';
import { isHolding } from '../../store/pins.ts';
import { freeBytes } from '../../store/reservations.ts';
import { type ScannedSnapshot, type StoreScan, scanStore } from '../../store/scan-store.ts';
import { readCold } from '../../store/tier-records.ts';
import type { GcOptions } from '../api.ts';
import { digestsOf } from '../derived-outputs.ts';
import type { Orchestration } from '../orchestration.ts';
import type { GcRules } from './gc-rules.ts';
import type { GcView } from './plan-gc.ts';

/** Who asks, where it is not a person. */
export interface GcNeed {
  readonly bytes: number;
  /** Else of a quota. */
  readonly isOfVolume: boolean;
}

export interface GcSight {
  readonly view: GcView;
  readonly rules: GcRules;
}

/** @throws ModelError of a manifest, lockfile or record that cannot be read: then nothing is known of what may go */
export async function lookForGc(work: Orchestration, options: GcOptions, need?: GcNeed): Promise<GcSight> {
  const registry = await work.registry();
  checkStore(work.store);
  const scan = await scanStore(work.store);
  const open = existsSync(work.store.resolver.root) ? readOpenFiles(work.store.resolver.root) : undefined;
  const inUse: InUseLook = { looked: open?.looked ?? false, hiddenProcesses: open?.hiddenProcesses ?? 0 };
  const isCold = (family: string, ref: CanonicalRef): boolean => readCold(work.store, family, ref) !== undefined;
  const families = new Map(registry.listModels().map(({ modelId, family }) => [modelId, family]));
  const isNamedThere = ({ family, ref }: Place): boolean => families.get(ref.modelId) === family && isNamed(registry, formatRef(ref));
  return {
    view: { scan, inUse, relative: (path) => work.store.resolver.relative(path) },
    rules: {
      nowMs: work.store.clock.now(),
      graceMs: work.settings.gcGraceMs,
      isAutomatic: need !== undefined,
      ...limitsOf(work, options, need),
      purge: options.purge ?? false,
      isVolumeShort: open !== undefined && freeBytes(work.store) <= work.settings.safetyMarginBytes,
      trashTtlMs: work.settings.trashTtlMs,
      quarantine: options.quarantine ?? false,
      inManifest: isNamedThere,
      // Also where the registry is not there, or the manifest has another model of this name: what nobody says a source of does not come back.
      isOnlyCopy: (place) =>
        place.family === CUSTOM_FAMILY &&
        !(isNamedThere(place) && hasSource(registry.spec(formatRef(place.ref)))) &&
        !isCold(place.family, place.ref),
      openBy: (snapshot) => (open === undefined ? undefined : userOf(open, snapshot)),
      wanted: wantedBy(registry, scan),
    },
  };
}

type Place = Pick<ScannedSnapshot, 'family' | 'ref'>;

const hasSource = ({ sources, files }: ModelSpec): boolean =>
  sources.length > 0 || files.every(({ url, origins }) => url !== undefined || origins !== undefined);

function limitsOf(work: Orchestration, options: GcOptions, need: GcNeed | undefined): Partial<GcRules> {
  const { family, olderThanMs, keepLast, maxSizeBytes, freeBytes: wantedFreeBytes } = options;
  const { maxModelAgeMs } = work.settings;
  return {
    ...(family !== undefined && { family }),
    ...(olderThanMs !== undefined && { olderThanMs }),
    ...(maxModelAgeMs !== undefined && { maxAgeMs: maxModelAgeMs }),
    ...(keepLast !== undefined && { keepLast }),
    ...(maxSizeBytes !== undefined && { maxSizeBytes }),
    ...(need !== undefined && { need: { ...need, kind: 'need' as const, freeBytes: 0 } }),
    ...(wantedFreeBytes !== undefined && { need: freeNeed(work, wantedFreeBytes) }),
  };
}

function freeNeed(work: Orchestration, wantedBytes: number): NonNullable<GcRules['need']> {
  const free = existsSync(work.store.resolver.root) ? freeBytes(work.store) : wantedBytes;
  return { bytes: Math.max(0, wantedBytes - free), kind: 'free', freeBytes: Math.min(free, wantedBytes), isOfVolume: true };
}

/** As the manifest names it now: a variant that has become the default one lies under another name. */
function isNamed(registry: ModelRegistry, ref: string): boolean {
  try {
    return formatRef(registry.resolve(ref)) === ref;
  } catch (error) {
    if (isModelError(error, 'MODEL_NOT_FOUND') || isModelError(error, 'VARIANT_NOT_FOUND')) return false;
    throw error;
  }
}

/** By the inodes on record: nothing is asked of the disk where no process has any of them. */
const userOf = ({ byInode }: OpenFiles, { files }: ScannedSnapshot): FileUser | undefined => {
  for (const ino of byInode.size === 0 ? [] : files.inos) {
    const user = byInode.get(String(ino));
    if (user !== undefined) return user;
  }
  return undefined;
};

/** What was fetched for a pinned, leased or awaited model that is not published yet lies under its digests. */
function wantedBy(registry: ModelRegistry, { pins, leases, awaited }: StoreScan): ReadonlySet<string> {
  const pinned = [...pins.values()].flatMap((stored) => (stored.pin && isHolding(stored) ? [stored.pin] : []));
  const refs = [...pinned, ...[...leases.byName.values()].flat()].map(({ ref }) => ref);
  const named = [...refs.map(formatRef), ...awaited].filter((ref) => isNamed(registry, ref));
  return new Set(named.flatMap((ref) => digestsOf(registry.spec(ref).files)));
}
