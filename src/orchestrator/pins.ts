/** `pin`, `unpin`, `pins`: which models nobody may remove. */
import { hostname } from 'node:os';
import { ModelError } from '../domain/errors.ts';
import type { ModelPin, PinReport, StoredPin, UnpinResult } from '../domain/holds.ts';
import { checkStore, openStore } from '../store/open-store.ts';
import { listPins, readPin, removePin, writePin } from '../store/pins.ts';
import { readStatKey } from '../store/stat-key.ts';
import { currentUser } from '../util/current-user.ts';
import type { ModelOptions, PinOptions } from './api.ts';
import { type NamedPlace, namedPlace } from './named-place.ts';
import type { Orchestration } from './orchestration.ts';

/** A model may be pinned before it is here. */
export async function pinModel(work: Orchestration, modelId: string, options: PinOptions = {}): Promise<PinReport> {
  const { until, reason } = options;
  const now = work.store.clock.now();
  if (until !== undefined && !(until.getTime() > now)) throw pastMoment(until);
  const place = await namedPlace(work, modelId, options);
  await openStore(work.store);
  const pin: ModelPin = {
    family: place.family,
    ref: place.ref,
    pinnedAt: new Date(now).toISOString(),
    ...(until !== undefined && { until: until.toISOString() }),
    ...(reason !== undefined && { reason }),
    by: `${currentUser()}@${hostname()}`,
  };
  await writePin(work.store, pin);
  return reportOf(work, { name: place.name, state: 'active', pin });
}

export async function unpinModel(work: Orchestration, modelId: string, options: ModelOptions = {}): Promise<UnpinResult> {
  const { name, label, directory: path } = await pinnedPlace(work, modelId, options);
  checkStore(work.store);
  const unpinned = readPin(work.store, name) !== undefined && (await removePin(work.store, name));
  return { label, path, unpinned };
}

/** All of them, also those that are over. Changes nothing on disk. */
export function pinsOf(work: Orchestration): PinReport[] {
  checkStore(work.store);
  return listPins(work.store).map((stored) => reportOf(work, stored));
}

/** A pin keeps its model also when the manifest cannot be read any more: `unpin` of a full reference needs no manifest. */
async function pinnedPlace(
  work: Orchestration,
  modelId: string,
  options: ModelOptions,
): Promise<Pick<NamedPlace, 'name' | 'label' | 'directory'>> {
  const exact = listPins(work.store).find(({ name }) => labelOf(name) === modelId);
  if (exact === undefined || options.variant !== undefined || options.overlays !== undefined) return namedPlace(work, modelId, options);
  return { name: exact.name, label: modelId, directory: directoryOf(work, exact.name) };
}

function reportOf(work: Orchestration, stored: StoredPin): PinReport {
  const path = directoryOf(work, stored.name);
  return { ...stored, label: labelOf(stored.name), path, present: readStatKey(path) !== undefined };
}

/** `family@name@version…` -> `name@version…` */
const labelOf = (name: string): string => name.slice(name.indexOf('@') + 1);

const directoryOf = ({ store: { resolver } }: Orchestration, name: string): string =>
  resolver.modelFile(resolver.root, name.replace('@', '/'));

const pastMoment = (until: Date): ModelError =>
  new ModelError(
    'INVALID_INPUT',
    `a pin until ${Number.isNaN(until.getTime()) ? 'no moment' : until.toISOString()} would be over already`,
    {
      reason: 'pin_until_past',
      hint: 'name a moment to come, for example --until 7d, or leave --until out',
    },
  );
