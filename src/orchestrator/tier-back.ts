/** `tier move --to fast` and `tier drop`: a model comes back, and its copy in the tier goes once it is not the only one. */
import { ModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import { formatRef } from '../domain/model-ref.ts';
import { FAST_TIER, type MovedBlob, type TieredBlob, type TierMove } from '../domain/tiers.ts';
import { checkStore } from '../store/open-store.ts';
import { digestsIn, listSnapshots } from '../store/snapshots.ts';
import { type ColdRecord, listCold, readCold, removeCold } from '../store/tier-records.ts';
import { otherTier } from '../tiers/tier-errors.ts';
import type { ModelOptions, TierDropOptions, TierMoveOptions } from './api.ts';
import { ensureModel } from './ensure.ts';
import type { Orchestration } from './orchestration.ts';
import { resolveTarget } from './target.ts';
import { requireTier } from './tier-names.ts';
import { pathsOf, sumsOf } from './tier-results.ts';
import { withModelLock } from './with-model-lock.ts';
import { withTier } from './with-tier.ts';

export async function bringBack(work: Orchestration, modelId: string, options: TierMoveOptions): Promise<TierMove> {
  checkStore(work.store);
  const known = await coldOf(work, modelId, options);
  const result = (blobs: readonly MovedBlob[], reclaimedBytes: number): TierMove => ({
    ref: known.snapshot.ref,
    to: FAST_TIER,
    done: options.dryRun !== true,
    blobs,
    ...sumsOf(blobs),
    reclaimedBytes,
  });
  const missingBefore = missingHere(work, known);
  const blobs = known.blobs.map((blob): MovedBlob => {
    const action = missingBefore.includes(blob) ? 'write' : 'keep';
    return { ...blob, storedBytes: blob.sizeBytes, form: 'plain', paths: pathsOf(known, blob), action };
  });
  if (options.dryRun === true)
    return result(
      blobs,
      known.blobs.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    );
  await ensureModel(work, modelId, options);
  const missing = missingHere(work, known);
  if (missing.length > 0) throw outdated(known, missing);
  return result(blobs, await dropCopy(work, known, options));
}

export async function dropFromTier(work: Orchestration, modelId: string, options: TierDropOptions = {}): Promise<TierMove> {
  checkStore(work.store);
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

/** What is only in the trash, or that nobody names, is here for a while: a copy that lasts is a proven one of a published model. */
function missingHere({ store, blobs }: Orchestration, known: ColdRecord): TieredBlob[] {
  const named = new Set(listSnapshots(store).flatMap((directory) => digestsIn(store, directory)));
  return known.blobs.filter(({ digest, sizeBytes }) => !named.has(digest) || blobs.state(digest, sizeBytes) !== 'proven');
}

/** First it is known no more, then nobody counts on it there, then it goes: at no time a copy is believed in that is not whole. */
function dropCopy(work: Orchestration, { tier: name, family, snapshot }: ColdRecord, options: TierDropOptions): Promise<number> {
  const label = formatRef(snapshot.ref);
  const emit: Emit = work.emitter(options, label);
  const { signal = new AbortController().signal } = options;
  const call = { doing: `drop ${label} from ${name}`, emit, signal };
  return withModelLock(work, { spec: { family, ref: snapshot.ref } }, call, async () => {
    const known = readCold(work.store, family, snapshot.ref);
    // Somebody else was faster.
    if (known === undefined) return 0;
    const settings = requireTier(work, known.tier);
    const spared = work.store.resolver.refName(family, snapshot.ref);
    return withTier(work, { settings, spared }, call, async (tier) => {
      if (tier.id !== known.tierId) throw otherTier(settings.name, tier.place.label);
      const missing = missingHere(work, known);
      if (missing.length > 0 && options.force !== true) throw onlyCopy(known, missing);
      await removeCold(work.store, known);
      return tier.takeOut(known, signal);
    });
  });
}

/** Nothing of what lies there came back: its place here is taken by what the manifest means now. */
const outdated = ({ tier, snapshot }: ColdRecord, missing: readonly TieredBlob[]): ModelError =>
  new ModelError(
    'INVALID_INPUT',
    `${formatRef(snapshot.ref)} is here as the manifest means it now: ${missing.length} of its blobs in the tier ${tier} are of other bytes, and stay there`,
    {
      reason: 'tier_outdated',
      hint: `correct the manifest where those are meant, or run \`wan models tier drop ${formatRef(snapshot.ref)} --force\` where nobody needs them`,
      details: { tier, digests: missing.map(({ digest }) => digest) },
    },
  );

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
