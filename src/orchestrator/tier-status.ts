/** `tier status`: what lies in which tier, and what the policy would move. Reads records, names and sizes; content only where that is asked for. */
import { statSync } from 'node:fs';
import { asModelError } from '../domain/errors.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { TieredModel, TierFault, TierReport, TierSettings, TierState } from '../domain/tiers.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { checkStore } from '../store/open-store.ts';
import type { SnapshotRecord } from '../store/snapshot-record.ts';
import { listSnapshots, readSnapshot } from '../store/snapshots.ts';
import { type ColdRecord, listCold } from '../store/tier-records.ts';
import type { Tier } from '../tiers/tier.ts';
import { sum } from '../util/sum.ts';
import type { TierStatusOptions } from './api.ts';
import { isColdCopy } from './cold-copy.ts';
import type { Orchestration } from './orchestration.ts';
import { lastUsedMs, policyOf } from './tier-policy.ts';
import { storedBytesOf, tierSum } from './tier-sums.ts';

export async function tierReport(work: Orchestration, modelIds: readonly string[], options: TierStatusOptions = {}): Promise<TierReport> {
  checkStore(work.store);
  const registry = await work.registry();
  const { signal = new AbortController().signal } = options;
  const cold = listCold(work.store);
  const looked = await Promise.all(work.tiers.settings.map(async (settings) => lookedAt(work, settings, { cold, signal })));
  const wanted = new Set(modelIds.map((id) => formatRef(registry.resolve(id))));
  const places = placesOf(work, cold).filter(({ label }) => wanted.size === 0 || wanted.has(label));
  const emit = work.emitter(options, modelIds.length === 1 ? (modelIds[0] ?? '') : 'tiers');
  let verifiedBytes = 0;
  const onBytes = (deltaBytes: number): void => {
    verifiedBytes += deltaBytes;
  };
  const models: TieredModel[] = [];
  for (const place of places) {
    const verified = options.verify === true && place.cold ? await verifiedIn(looked, place.cold, { signal, onBytes }) : {};
    for (const fault of verified.faults ?? []) emit({ type: 'warning', code: 'tier_blob_bad', message: `${fault.place}: ${fault.fault}` });
    models.push({ ...toModel(work, registry, place), ...verified });
  }
  return { tiers: looked.map(({ state }) => state), models, ...(options.verify === true && { verifiedBytes }) };
}

interface Place {
  readonly label: string;
  readonly family: string;
  readonly snapshot?: SnapshotRecord;
  readonly cold?: ColdRecord;
}

/** Every model that is published here, or lies in a tier. */
function placesOf({ store }: Orchestration, cold: readonly ColdRecord[]): Place[] {
  const places = new Map<string, Place>();
  for (const record of cold) {
    const label = formatRef(record.snapshot.ref);
    places.set(`${record.family} ${label}`, { label, family: record.family, cold: record });
  }
  for (const directory of listSnapshots(store)) {
    const snapshot = readSnapshot(store, directory);
    if (snapshot === undefined) continue;
    const [family = ''] = store.resolver.relative(directory).split('/');
    const label = formatRef(snapshot.ref);
    const key = `${family} ${label}`;
    places.set(key, { ...places.get(key), label, family, snapshot });
  }
  return [...places.values()].toSorted((a, b) => (a.label < b.label ? -1 : 1));
}

function toModel(work: Orchestration, registry: ModelRegistry, { family, snapshot, cold }: Place): TieredModel {
  const record = snapshot ?? cold?.snapshot;
  if (record === undefined) throw new Error('a model that is nowhere');
  const verdict = snapshot && policyOf(work, { family, ref: snapshot.ref }, snapshot);
  const wouldMove = verdict !== undefined && (cold === undefined || cold.tier === verdict.to) ? verdict : undefined;
  return {
    ref: record.ref,
    isHere: snapshot !== undefined,
    isOutdated: cold !== undefined && isOutdated(registry, cold),
    totalBytes: bytesOf(record),
    ...(cold && { tier: cold.tier, storedBytes: storedBytesOf([cold]), movedAt: cold.movedAt }),
    lastUsedAt: new Date(lastUsedMs(work, { family, ref: record.ref }, record)).toISOString(),
    ...(wouldMove && { wouldMove }),
  };
}

/** What the manifest does not name at all is not outdated: nothing says what it should be. */
function isOutdated(registry: ModelRegistry, { snapshot }: ColdRecord): boolean {
  const { modelId, variant } = snapshot.ref;
  if (snapshot.ref.overlay !== undefined || !registry.listModels().some((model) => model.modelId === modelId)) return false;
  const spec = registry.listModels().find((model) => model.modelId === modelId);
  if (variant !== undefined && !spec?.variants.includes(variant)) return false;
  const { files } = registry.spec(modelId, variant);
  const named = new Map(files.map((file) => [file.path, file]));
  return !isColdCopy(
    snapshot,
    snapshot.files.flatMap(({ path }) => named.get(path) ?? []),
  );
}

interface Looked {
  readonly state: TierState;
  readonly tier?: Tier;
}

async function lookedAt(
  work: Orchestration,
  settings: TierSettings,
  { cold, signal }: { readonly cold: readonly ColdRecord[]; readonly signal: AbortSignal },
): Promise<Looked> {
  const { name, place, compress, idleMs, minSizeBytes } = settings;
  const state: TierState = {
    ...tierSum(cold, name),
    place: place.kind === 'path' ? place.path : place.url,
    ...(place.kind === 'path' && sameVolume(work, place.path)),
    compress,
    minSizeBytes,
    ...(idleMs !== undefined && { idleMs }),
  };
  try {
    const tier = await work.tiers.look(settings, signal);
    const freeBytes = tier?.place.freeBytes();
    return { state: { ...state, ...(freeBytes !== undefined && { freeBytes }) }, ...(tier && { tier }) };
  } catch (error) {
    signal.throwIfAborted();
    return { state: { ...state, problem: asModelError(error).message } };
  }
}

interface Reading {
  readonly signal: AbortSignal;
  readonly onBytes: (deltaBytes: number) => void;
}

/** By whatever name the tier goes now. What cannot be asked is told: nothing of it was found right. */
async function verifiedIn(
  looked: readonly Looked[],
  cold: ColdRecord,
  reading: Reading,
): Promise<Pick<TieredModel, 'faults' | 'notVerified'>> {
  const tier = looked.find((one) => one.tier?.id === cold.tierId)?.tier;
  if (tier !== undefined) return { faults: await faultsOf(tier, cold, reading) };
  const named = looked.find(({ state }) => state.name === cold.tier);
  return { notVerified: named === undefined ? 'no tier of this name is configured' : (named.state.problem ?? 'another tier is there') };
}

async function faultsOf(tier: Tier, { blobs }: ColdRecord, reading: Reading): Promise<TierFault[]> {
  const faults: TierFault[] = [];
  for (const blob of blobs) {
    const fault = await tier.place.faultOf(blob, reading);
    if (fault !== undefined) faults.push({ digest: blob.digest, place: tier.place.placeOf(blob), fault });
  }
  return faults;
}

function sameVolume({ store }: Orchestration, path: string): { readonly isOnSameVolume?: boolean } {
  const [root, tier] = [store.resolver.root, path].map((one) => statSync(one, { throwIfNoEntry: false })?.dev);
  return root === undefined || tier === undefined ? {} : { isOnSameVolume: root === tier };
}

const bytesOf = ({ files }: SnapshotRecord): number => sum([...new Map(files.map(({ sha256, key }) => [sha256, key.sizeBytes])).values()]);
