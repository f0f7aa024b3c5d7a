/** `tier move`: a model goes to a tier. The order of its writes is the one of docs/store-format.md, "Tiers". */
import { throwIfCancelled } from '../domain/cancelled.ts';
import type { Emit } from '../domain/events.ts';
import { FAST_TIER, type MovedBlob, type TieredBlob, type TierMove, type TierSettings } from '../domain/tiers.ts';
import { openStore } from '../store/open-store.ts';
import { recover } from '../store/recover.ts';
import { ownBytesOf, secondNamesSeemToCost } from '../store/second-names.ts';
import type { SnapshotRecord } from '../store/snapshot-record.ts';
import { readSnapshot } from '../store/snapshots.ts';
import { removeSnapshot } from '../store/sweep.ts';
import { type ColdRecord, readCold, removeCold, writeCold } from '../store/tier-records.ts';
import type { Tier } from '../tiers/tier.ts';
import { tierFull, tierTaken } from '../tiers/tier-errors.ts';
import { sum } from '../util/sum.ts';
import type { TierMoveOptions } from './api.ts';
import { placeOf } from './named-place.ts';
import type { Orchestration } from './orchestration.ts';
import { assertRemovable } from './removal-guard.ts';
import { resolveTarget, type Target } from './target.ts';
import { bringBack } from './tier-back.ts';
import { notWhole, type PublishedBlob, publishedBlobs, requireMovable } from './tier-blobs.ts';
import { planTierMove } from './tier-move-plan.ts';
import { requireTier } from './tier-names.ts';
import { policyOf } from './tier-policy.ts';
import { elsewhere, pathsOf, sumsOf } from './tier-results.ts';
import { withModelLock } from './with-model-lock.ts';
import { withTier } from './with-tier.ts';

export async function moveToTier(work: Orchestration, modelId: string, options: TierMoveOptions): Promise<TierMove> {
  if (options.to === FAST_TIER) return bringBack(work, modelId, options);
  const settings = requireTier(work, options.to);
  const target = await resolveTarget(work, modelId, options);
  if (options.dryRun === true) return planTierMove(work, { target, settings, options });
  const emit = work.emitter(options, target.label, target.spec.variant);
  const doing = `move ${target.label} to ${settings.name}`;
  await openStore(work.store);
  const { signal = new AbortController().signal } = options;
  return withModelLock(work, target, { doing, emit, signal }, async () => {
    await recover(work.store, work.blobs, { wanted: [], onMended: (what, path) => emit({ type: 'recovery.done', what, path }) });
    const snapshot = readSnapshot(work.store, target.directory);
    const known = readCold(work.store, target.spec.family, target.spec.ref);
    if (known !== undefined && known.tier !== settings.name) throw elsewhere(target, known);
    if (snapshot === undefined) return alreadyThere(target, known);
    if (options.byPolicy === true && policyOf(work, target.spec, snapshot)?.to !== settings.name) return nothingDone(target, settings);
    requireMovable(work.store, target, snapshot);
    await assertRemovable(work.store, placeOf(work, target.spec.family, target.spec.ref));
    const move = { work, target, settings, snapshot, known, emit, signal };
    const spared = work.store.resolver.refName(target.spec.family, target.spec.ref);
    return withTier(work, { settings, spared }, { doing, emit, signal }, (tier) => moveLocked(move, tier));
  });
}

interface Move {
  readonly work: Orchestration;
  readonly target: Target;
  readonly settings: TierSettings;
  readonly snapshot: SnapshotRecord;
  readonly known: ColdRecord | undefined;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

async function moveLocked(move: Move, tier: Tier): Promise<TierMove> {
  const { work, target, settings, snapshot, emit, signal } = move;
  const { store } = work;
  const blobs = publishedBlobs(store, target.directory, snapshot);
  const there = await findAll(tier, blobs, signal);
  requireRoom(tier, blobs, there);
  const draft = draftOf(move, tier, blobs);
  await claim(move, tier, draft);
  const moved = await writeAll(move, tier, { blobs, there });
  const record = { ...draft, blobs: moved };
  // From here on it is whole there, and from the second line on that is known here; only then may it go.
  await tier.register(record, 'whole', signal);
  await writeCold(store, record);
  await clearOld(move, tier, record);
  await requireCountedOn(move, tier, record);
  const guard = async (): Promise<void> => {
    await assertRemovable(store, placeOf(work, target.spec.family, target.spec.ref));
    // A move may take hours, in which people lay something in.
    requireMovable(store, target, snapshot);
  };
  const copiedBytes = ownBytesOf(snapshot, secondNamesSeemToCost(store));
  const reclaimedBytes = copiedBytes + (await removeSnapshot(store, work.blobs, target.directory, guard));
  const result = { ...sumsOf(moved), ref: target.spec.ref, to: settings.name, done: true, blobs: moved, reclaimedBytes };
  const { writtenBytes, storedBytes } = result;
  emit({ type: 'tier.moved', to: settings.name, writtenBytes, storedBytes, reclaimedBytes });
  return result;
}

type Found = ReadonlyMap<string, TieredBlob>;

async function findAll(tier: Tier, blobs: readonly PublishedBlob[], signal: AbortSignal): Promise<Found> {
  const found = new Map<string, TieredBlob>();
  for (const blob of blobs) {
    const [stored] = await tier.place.formsOf(blob, signal);
    if (stored !== undefined) found.set(blob.digest, stored);
  }
  return found;
}

/** How far compression goes is not known before: then the disk itself will say. */
function requireRoom({ settings, place }: Tier, blobs: readonly PublishedBlob[], there: Found): void {
  const free = place.freeBytes();
  const needed = sum(blobs.filter(({ digest }) => !there.has(digest)).map(({ sizeBytes }) => sizeBytes));
  if (free !== undefined && needed > free && !settings.compress) throw tierFull(settings.name, needed, free);
}

function draftOf({ work, target, snapshot }: Move, tier: Tier, blobs: readonly PublishedBlob[]): ColdRecord {
  return {
    tier: tier.settings.name,
    tierId: tier.id,
    family: target.spec.family,
    movedAt: new Date(work.store.clock.now()).toISOString(),
    snapshot,
    blobs: blobs.map(({ digest, sizeBytes }) => ({ digest, sizeBytes, form: 'plain', storedBytes: sizeBytes })),
  };
}

/** A copy that is whole there stays so while it is proven anew; of another content it is no copy of this model any more. */
async function claim({ work, known, signal }: Move, tier: Tier, draft: ColdRecord): Promise<void> {
  if (known !== undefined && isSame(known, draft)) return;
  if (known !== undefined) await removeCold(work.store, known);
  await tier.register(draft, 'moving', signal);
}

const isSame = (known: ColdRecord, draft: ColdRecord): boolean => {
  const digests = new Set(known.blobs.map(({ digest }) => digest));
  return digests.size === draft.blobs.length && draft.blobs.every(({ digest }) => digests.has(digest));
};

interface Writing {
  readonly blobs: readonly PublishedBlob[];
  readonly there: Found;
}

async function writeAll({ settings, emit, signal }: Move, tier: Tier, { blobs, there }: Writing): Promise<MovedBlob[]> {
  // What is written is read twice: here, and once more there.
  const totalBytes = sum(blobs.map(({ digest, sizeBytes }) => (there.has(digest) ? sizeBytes : 2 * sizeBytes)));
  let doneBytes = 0;
  const onBytes = (deltaBytes: number): void => {
    doneBytes += deltaBytes;
    emit({ type: 'tier.progress', doneBytes, totalBytes: Math.max(totalBytes, doneBytes) });
  };
  const moved: MovedBlob[] = [];
  for (const blob of blobs) {
    throwIfCancelled(signal, `moving ${blob.paths[0]}`);
    const found = there.get(blob.digest);
    const isSound = found !== undefined && (await tier.place.faultOf(found, { signal, onBytes, from: blob.from })) === undefined;
    const stored = isSound ? found : await tier.place.writeBlob({ ...blob, compress: settings.compress }, { signal, onBytes });
    moved.push({ ...stored, paths: blob.paths, action: isSound ? 'found' : 'write' });
  }
  return moved;
}

/** What only an earlier content of this model had there. */
async function clearOld({ known, signal }: Move, tier: Tier, record: ColdRecord): Promise<void> {
  const kept = new Set(record.blobs.map(({ digest }) => digest));
  const old = known?.blobs.filter(({ digest }) => !kept.has(digest)) ?? [];
  if (old.length > 0) await tier.clear(old, signal);
}

/** The last look before the bytes here go: where a lock locks nobody out, somebody may have mended this move away. */
async function requireCountedOn({ work, target, signal }: Move, tier: Tier, record: ColdRecord): Promise<void> {
  if (await tier.isCountedOn(record, signal)) return;
  await removeCold(work.store, record);
  throw tierTaken(tier.settings.name, target.label);
}

/** It is not here: then it must be there already. */
function alreadyThere({ spec, label }: Target, known: ColdRecord | undefined): TierMove {
  if (known === undefined) throw notWhole(label, 'nothing of it is published');
  const blobs = known.blobs.map((blob): MovedBlob => ({ ...blob, paths: pathsOf(known, blob), action: 'keep' }));
  return { ref: spec.ref, to: known.tier, done: true, blobs, ...sumsOf(blobs), reclaimedBytes: 0 };
}

/** Somebody used it since the policy was asked. */
const nothingDone = ({ spec }: Target, { name }: TierSettings): TierMove => ({
  ref: spec.ref,
  to: name,
  because: 'it was used meanwhile',
  done: false,
  blobs: [],
  ...sumsOf([]),
  reclaimedBytes: 0,
});
