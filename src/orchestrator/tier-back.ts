/** `tier move --to fast` and `tier drop`: a model comes back, and its copy in the tier goes once it is not the only one. */
import { ModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import { formatRef } from '../domain/model-ref.ts';
import { FAST_TIER, type MovedBlob, type TieredBlob, type TierMove } from '../domain/tiers.ts';
import { openStore } from '../store/open-store.ts';
import { type ColdRecord, listCold, readCold, removeCold } from '../store/tier-records.ts';
import type { ModelOptions, TierDropOptions, TierMoveOptions } from './api.ts';
import { ensureModel } from './ensure.ts';
import type { Orchestration } from './orchestration.ts';
import { resolveTarget } from './target.ts';
import { requireTier } from './tier-names.ts';
import { pathsOf, sumsOf } from './tier-results.ts';
import { withModelLock } from './with-model-lock.ts';
import { withTier } from './with-tier.ts';

export async function bringBack(work: Orchestration, modelId: string, options: TierMoveOptions): Promise<TierMove> {
  const known = await coldOf(work, modelId, options);
  const result = (blobs: readonly MovedBlob[], reclaimedBytes: number): TierMove => ({
    ref: known.snapshot.ref,
    to: FAST_TIER,
    done: options.dryRun !== true,
    blobs,
    ...sumsOf(blobs),
    reclaimedBytes,
  });
  const blobs = known.blobs.map((blob): MovedBlob => {
    const isHere = work.blobs.state(blob.digest, blob.sizeBytes) === 'proven';
    return { ...blob, storedBytes: blob.sizeBytes, form: 'plain', paths: pathsOf(known, blob), action: isHere ? 'keep' : 'write' };
  });
  if (options.dryRun === true)
    return result(
      blobs,
      known.blobs.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    );
  await ensureModel(work, modelId, options);
  return result(blobs, missingHere(work, known).length > 0 ? 0 : await dropCopy(work, known, options));
}

export async function dropFromTier(work: Orchestration, modelId: string, options: TierDropOptions = {}): Promise<TierMove> {
  const known = await coldOf(work, modelId, options);
  const missing = missingHere(work, known);
  if (missing.length > 0 && options.force !== true) throw onlyCopy(known, missing);
  const reclaimedBytes = await dropCopy(work, known, options);
  const blobs = known.blobs.map((blob): MovedBlob => ({ ...blob, paths: pathsOf(known, blob), action: 'keep' }));
  return { ref: known.snapshot.ref, to: known.tier, done: true, blobs, ...sumsOf(blobs), reclaimedBytes };
}

/** Also of a model that the manifest names no more. @throws ModelError INVALID_INPUT not_in_tier */
async function coldOf(work: Orchestration, modelId: string, options: ModelOptions): Promise<ColdRecord> {
  const named = listCold(work.store).find(({ snapshot }) => formatRef(snapshot.ref) === modelId);
  if (named !== undefined && options.variant === undefined && options.overlays === undefined) return named;
  const { spec, label } = await resolveTarget(work, modelId, options);
  const known = readCold(work.store, spec.family, spec.ref);
  if (known !== undefined) return known;
  throw new ModelError('INVALID_INPUT', `${label} lies in no tier`, {
    reason: 'not_in_tier',
    hint: '`wan models tier status` shows what lies where',
  });
}

const missingHere = ({ blobs }: Orchestration, known: ColdRecord): TieredBlob[] =>
  known.blobs.filter(({ digest, sizeBytes }) => blobs.state(digest, sizeBytes) !== 'proven');

/** First it is known no more, then nobody counts on it there, then it goes: at no time a copy is believed in that is not whole. */
function dropCopy(work: Orchestration, known: ColdRecord, options: TierDropOptions): Promise<number> {
  const { family, snapshot } = known;
  const label = formatRef(snapshot.ref);
  const emit: Emit = work.emitter(options, label);
  const { signal = new AbortController().signal } = options;
  const call = { doing: `drop ${label} from ${known.tier}`, emit, signal };
  const settings = requireTier(work, known.tier);
  return withModelLock(work, { spec: { family, ref: snapshot.ref } }, call, async () => {
    await openStore(work.store);
    const spared = work.store.resolver.refName(family, snapshot.ref);
    return withTier(work, { settings, spared }, call, async (tier) => {
      if (options.force !== true && missingHere(work, known).length > 0) throw onlyCopy(known, missingHere(work, known));
      await removeCold(work.store, known);
      return tier.takeOut(known, signal);
    });
  });
}

const onlyCopy = ({ tier, snapshot }: ColdRecord, missing: readonly TieredBlob[]): ModelError =>
  new ModelError(
    'INVALID_INPUT',
    `the copy of ${formatRef(snapshot.ref)} in the tier ${tier} is the only one: ${missing.length} of its blobs are not here`,
    {
      reason: 'only_copy',
      hint: `bring it back with \`wan models tier move ${formatRef(snapshot.ref)} --to fast\`, or drop it all the same with --force`,
      details: { tier, digests: missing.map(({ digest }) => digest) },
    },
  );
