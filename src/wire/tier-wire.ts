import type { tierData, tierModel, tierMove } from '../documents/tier.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { NewTierId, TieredModel, TierMove, TierReport, TierState } from '../domain/tiers.ts';
import { resultsWire, type Tried } from './tried.ts';
import type { Wire } from './wire.ts';

type Data = Wire<typeof tierData>;

export const tierStatusWire = ({ tiers, models, verifiedBytes }: TierReport): Data => ({
  action: 'status',
  tiers: tiers.map(stateWire),
  models: models.map(modelWire),
  ...(verifiedBytes !== undefined && { verified_bytes: verifiedBytes }),
});

export const tierMovesWire = (action: 'move' | 'drop', tried: readonly Tried<TierMove>[]): Data => ({
  action,
  results: resultsWire(tried, moveWire),
});

export const newIdWire = ({ storeId, before, counted, missing }: NewTierId): Data => ({
  action: 'new-id',
  store_id: storeId,
  before,
  counted: counted.map(formatRef),
  missing: missing.map(formatRef),
});

export const stateWire = (tier: TierState): Extract<Data, { action: 'status' }>['tiers'][number] => ({
  name: tier.name,
  place: tier.place,
  ...(tier.problem !== undefined && { problem: tier.problem }),
  ...(tier.freeBytes !== undefined && { free_bytes: tier.freeBytes }),
  ...(tier.isOnSameVolume !== undefined && { on_same_volume: tier.isOnSameVolume }),
  model_count: tier.modelCount,
  total_bytes: tier.totalBytes,
  stored_bytes: tier.storedBytes,
  compress: tier.compress,
  ...(tier.idleMs !== undefined && { idle_ms: tier.idleMs }),
  min_size_bytes: tier.minSizeBytes,
});

const modelWire = (model: TieredModel): Wire<typeof tierModel> => ({
  ref: formatRef(model.ref),
  here: model.isHere,
  ...(model.tier !== undefined && { tier: model.tier }),
  outdated: model.isOutdated,
  total_bytes: model.totalBytes,
  ...(model.storedBytes !== undefined && { stored_bytes: model.storedBytes }),
  ...(model.movedAt !== undefined && { moved_at: model.movedAt }),
  ...(model.lastUsedAt !== undefined && { last_used_at: model.lastUsedAt }),
  ...(model.wouldMove && { would_move: model.wouldMove }),
  ...(model.faults && { faults: model.faults }),
  ...(model.notVerified !== undefined && { not_verified: model.notVerified }),
});

const moveWire = (move: TierMove): Wire<typeof tierMove> => ({
  ref: formatRef(move.ref),
  ok: true,
  to: move.to,
  ...(move.because !== undefined && { because: move.because }),
  done: move.done,
  total_bytes: move.totalBytes,
  stored_bytes: move.storedBytes,
  written_bytes: move.writtenBytes,
  reclaimed_bytes: move.reclaimedBytes,
  blobs: move.blobs.map(({ digest, paths, sizeBytes, storedBytes, form, action }) => ({
    digest,
    paths,
    size_bytes: sizeBytes,
    stored_bytes: storedBytes,
    form,
    action,
  })),
});
