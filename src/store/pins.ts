/** Pins: durable records that keep models from being removed. Written and removed under the state lock, under which removers look. */
import { lstatSync } from 'node:fs';
import type { ModelPin, StoredPin } from '../domain/holds.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import { textOfFileName } from '../resolver/file-name.ts';
import type { StoreContext } from './context.ts';
import { listNames } from './list-names.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';
import { withStateLock } from './state-lock.ts';

interface PinRecord {
  readonly family: string;
  readonly ref: CanonicalRef;
  readonly pinned_at: string;
  readonly until?: string;
  readonly reason?: string;
  readonly by: string;
}

/** Replaces an earlier pin of the model. */
export async function writePin(context: StoreContext, pin: ModelPin): Promise<void> {
  const { pinnedAt, ...rest } = pin;
  const path = pathOf(context, context.resolver.refName(pin.family, pin.ref));
  const record: PinRecord = { ...rest, pinned_at: pinnedAt };
  await withStateLock(context, `pin ${pin.ref.modelId}`, () => writeRecord(context, path, record, { durable: true }));
}

/** @param name as `refName` makes it @returns false where there was none */
export async function removePin(context: StoreContext, name: string): Promise<boolean> {
  return withStateLock(context, `unpin ${name}`, async () => {
    const found = readPin(context, name);
    await removeRecord(pathOf(context, name), { durable: true });
    return found !== undefined;
  });
}

/** Undefined where there is none, whatever its state. */
export function readPin(context: StoreContext, name: string): StoredPin | undefined {
  return pinAt(context, pathOf(context, name), name);
}

/** Sorted by name. */
export function listPins(context: StoreContext): StoredPin[] {
  const directory = context.resolver.stateDir('pins');
  return listNames(directory)
    .flatMap((file) => pinAt(context, context.resolver.modelFile(directory, file), textOfFileName(file) ?? file) ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether it keeps its model. */
export const isHolding = ({ state }: StoredPin): boolean => state !== 'expired';

/** @param name where the record does not tell */
function pinAt(context: StoreContext, path: string, name: string): StoredPin | undefined {
  const record = readRecord<PinRecord>(path);
  if (record === undefined) return lstatSync(path, { throwIfNoEntry: false }) && { name, state: 'unreadable' };
  const { pinned_at: pinnedAt, ...rest } = record;
  const pin: ModelPin = { ...rest, pinnedAt };
  return { name: context.resolver.refName(pin.family, pin.ref), state: isOver(context, pin) ? 'expired' : 'active', pin };
}

const isOver = ({ clock }: StoreContext, { until }: ModelPin): boolean => until !== undefined && Date.parse(until) <= clock.now();

const pathOf = (context: StoreContext, name: string): string => context.resolver.stateFile('pins', name);
