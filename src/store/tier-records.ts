/** What is known here of tiers: `.state/cold` says which model lies whole in which, `.state/tiers` which tier a name means. */
import { parseSha256 } from '../domain/digest.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { BlobForm, TieredBlob } from '../domain/tiers.ts';
import { fileNameOf } from '../resolver/file-name.ts';
import type { StoreContext } from './context.ts';
import { listNames } from './list-names.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';
import { fromWire, type SnapshotRecord, toWire, type WireRecord } from './snapshot-record.ts';

const SCHEMA = 'wan.cold/v1';

/** A model that lies in a tier, every byte of it proven there. */
export interface ColdRecord {
  readonly tier: string;
  readonly tierId: string;
  readonly family: string;
  /** ISO 8601. */
  readonly movedAt: string;
  /** As it was published here. */
  readonly snapshot: SnapshotRecord;
  readonly blobs: readonly TieredBlob[];
}

export interface WireColdRecord {
  readonly schema: string;
  readonly tier: string;
  readonly tier_id: string;
  readonly family: string;
  readonly moved_at: string;
  readonly snapshot: WireRecord;
  readonly blobs: readonly { readonly sha256: string; readonly size: number; readonly form: BlobForm; readonly stored: number }[];
}

export const coldToWire = ({ tier, tierId, family, movedAt, snapshot, blobs }: ColdRecord): WireColdRecord => ({
  schema: SCHEMA,
  tier,
  tier_id: tierId,
  family,
  moved_at: movedAt,
  snapshot: toWire(snapshot),
  blobs: blobs.map(({ digest, sizeBytes, form, storedBytes }) => ({ sha256: digest, size: sizeBytes, form, stored: storedBytes })),
});

/** Undefined for another schema. */
export function coldFromWire(wire: WireColdRecord): ColdRecord | undefined {
  const snapshot = wire.schema === SCHEMA ? fromWire(wire.snapshot) : undefined;
  if (snapshot === undefined) return undefined;
  const blobs = wire.blobs.flatMap(({ sha256, size, form, stored }): TieredBlob[] => {
    const digest = parseSha256(sha256);
    return digest === undefined ? [] : [{ digest, sizeBytes: size, form, storedBytes: stored }];
  });
  if (blobs.length < wire.blobs.length) return undefined;
  return { tier: wire.tier, tierId: wire.tier_id, family: wire.family, movedAt: wire.moved_at, snapshot, blobs };
}

/** Undefined where the model lies in no tier, or its record is torn. */
export function readCold(context: StoreContext, family: string, ref: CanonicalRef): ColdRecord | undefined {
  return readAt(context.resolver.stateFile('cold', context.resolver.refName(family, ref)));
}

/** Call under the model's lock, with every blob proven in the tier: from here on the model is known to be complete there. */
export async function writeCold(context: StoreContext, record: ColdRecord): Promise<void> {
  await writeRecord(context, pathOf(context, record), coldToWire(record), { durable: true });
}

/** Call under the model's lock, before anything of it is taken out of the tier. */
export async function removeCold(context: StoreContext, record: ColdRecord): Promise<void> {
  await removeRecord(pathOf(context, record), { durable: true });
}

/** Every one that can be read. */
export function listCold(context: StoreContext): ColdRecord[] {
  const directory = context.resolver.stateDir('cold');
  return listNames(directory).flatMap((name) => readAt(context.resolver.modelFile(directory, name)) ?? []);
}

/** Names of the records: what `list` asks for, where thousands of models have none. */
export const coldNames = (context: StoreContext): ReadonlySet<string> => new Set(listNames(context.resolver.stateDir('cold')));

/** @param names as {@link coldNames} gives them */
export const hasCold = ({ resolver }: StoreContext, names: ReadonlySet<string>, family: string, ref: CanonicalRef): boolean =>
  names.size > 0 && names.has(fileNameOf(resolver.refName(family, ref)));

/** Which tier a name means: an empty mount point has another one, or none. */
export interface TierIdentity {
  readonly tierId: string;
  /** Where it was seen last. */
  readonly place: string;
}

export function readTierIdentity(context: StoreContext, name: string): TierIdentity | undefined {
  const record = readRecord<{ readonly tier_id: string; readonly place: string }>(context.resolver.stateFile('tiers', name));
  return record && { tierId: record.tier_id, place: record.place };
}

export async function writeTierIdentity(context: StoreContext, name: string, { tierId, place }: TierIdentity): Promise<void> {
  await writeRecord(context, context.resolver.stateFile('tiers', name), { tier_id: tierId, place }, { durable: true });
}

function readAt(path: string): ColdRecord | undefined {
  const wire = readRecord<WireColdRecord>(path);
  return wire && coldFromWire(wire);
}

const pathOf = ({ resolver }: StoreContext, { family, snapshot }: ColdRecord): string =>
  resolver.stateFile('cold', resolver.refName(family, snapshot.ref));
