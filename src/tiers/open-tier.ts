/** Finds out whether a place is the tier that a name has meant so far, before anything of it is believed, written or removed. */
import type { TierSettings } from '../domain/tiers.ts';
import type { StoreContext } from '../store/context.ts';
import { decodeRecord, encodeRecord } from '../store/record.ts';
import { listCold, readCold, readTierIdentity, writeCold, writeTierIdentity } from '../store/tier-records.ts';
import { Tier } from './tier.ts';
import { otherTier, tierAbsent, tierInRoot, tierUnreadable } from './tier-errors.ts';
import type { TierPlace } from './tier-place.ts';

export interface OpenTierOptions {
  readonly settings: TierSettings;
  readonly place: TierPlace;
  readonly store: StoreContext;
  readonly storeId: string;
  readonly signal: AbortSignal;
  /** What the caller is about to go on with: it is not mended. */
  readonly spared?: string;
}

interface Marker {
  readonly format: 'wan-tier';
  readonly version: number;
  readonly tier_id: string;
  readonly created_at: string;
}

const MARKER = 'TIER.json';
const VERSION = 1;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Changes nothing. Undefined: nobody has ever put anything there, and nothing is missed. @throws ModelError tier_absent, tier_other */
export async function lookAtTier(options: OpenTierOptions): Promise<Tier | undefined> {
  const { settings, place, store, signal } = options;
  const known = readTierIdentity(store, settings.name)?.tierId ?? listCold(store).find(({ tier }) => tier === settings.name)?.tierId;
  const id = await readMarker(options, signal);
  if (id === undefined && known === undefined) return undefined;
  if (id === undefined) throw tierAbsent(settings.name, place.label);
  if (known !== undefined && known !== id) throw otherTier(settings.name, place.label);
  return new Tier({ ...options, id });
}

/**
 * Which tier it is: what its lock is named by. Makes one where there is none yet. Call under the lock of the name.
 * @throws ModelError as {@link lookAtTier}, INVALID_CONFIG tier_no_parent
 */
export async function identifyTier(options: OpenTierOptions): Promise<string> {
  const { settings, place, store } = options;
  if (settings.place.kind === 'path' && store.resolver.contains(settings.place.path)) throw tierInRoot(settings.name, place.label);
  const found = await lookAtTier(options);
  if (found !== undefined) return found.id;
  await place.make();
  return makeMarker(options);
}

/**
 * For writing: mends what dead processes of this root left there. Call under the lock of the tier that {@link identifyTier} named.
 * @throws ModelError as {@link lookAtTier}
 */
export async function openTier(options: OpenTierOptions): Promise<Tier> {
  const { settings, place, store, storeId, signal } = options;
  const tier = await lookAtTier(options);
  if (tier === undefined) throw tierAbsent(settings.name, place.label);
  await place.prepare(storeId, signal);
  const known = readTierIdentity(store, settings.name);
  if (known?.tierId !== tier.id || known.place !== place.label) {
    await writeTierIdentity(store, settings.name, { tierId: tier.id, place: place.label });
  }
  await mend(tier, options);
  return tier;
}

/** What was cut short is taken out again; what is whole there and forgotten here is known again. */
async function mend(tier: Tier, { store, signal, spared }: OpenTierOptions): Promise<void> {
  for (const { state, record } of await tier.ownRegistrations(signal)) {
    if (store.resolver.refName(record.family, record.snapshot.ref) === spared) continue;
    const known = readCold(store, record.family, record.snapshot.ref);
    const isKnown = known?.tierId === tier.id;
    if (state === 'whole') {
      if (known === undefined && (await tier.hasAll(record, signal))) await writeCold(store, { ...record, tier: tier.settings.name });
    } else if (!isKnown) {
      await tier.takeOut(record, signal);
    }
  }
}

async function readMarker({ settings, place }: OpenTierOptions, signal: AbortSignal): Promise<string | undefined> {
  const text = await place.readText(MARKER, signal);
  if (text === undefined) return undefined;
  const marker = decodeRecord<Marker>(text);
  if (marker?.format !== 'wan-tier' || marker.version !== VERSION || !UUID.test(marker.tier_id))
    throw tierUnreadable(settings.name, place.label);
  return marker.tier_id;
}

async function makeMarker(options: OpenTierOptions): Promise<string> {
  const { place, store, signal } = options;
  const marker: Marker = {
    format: 'wan-tier',
    version: VERSION,
    tier_id: store.random.uuid(),
    created_at: new Date(store.clock.now()).toISOString(),
  };
  if (await place.writeText(MARKER, `${encodeRecord(marker)}\n`, { isNew: true, signal })) return marker.tier_id;
  // Another machine was first.
  return (await readMarker(options, signal)) ?? makeMarker(options);
}
