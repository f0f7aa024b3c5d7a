/** What the lockfile adds to the files of one part of a model: an open list, missing digests, the revision of its source. Pure. */
import { parseSha256 } from '../domain/digest.ts';
import type { FilePin, FileSpec, PartLock } from '../domain/spec.ts';
import type { LockKey } from './lock-owners.ts';
import type { LockView } from './lock-view.ts';
import type { LockedFile } from './lockfile.ts';
import type { ManifestFile } from './manifest-schema.ts';
import { filesOfVariant } from './variant-files.ts';

export type FindLock = (key: LockKey) => LockView | undefined;

/** The list of the manifest, or the pinned one of a list that it leaves open. */
export const listedFiles = (files: readonly ManifestFile[] | undefined, view: LockView | undefined): readonly ManifestFile[] =>
  files ?? (view?.isOpen ? view.files.map(({ path, size }) => ({ path, size })) : []);

/** Says of a file of the variant what is pinned of it. */
export function pinner(variant: string, ...views: readonly (LockView | undefined)[]): (file: FileSpec) => FileSpec {
  const pinsOf = (view: LockView) => filesOfVariant(variant, view.files, []).map((file) => [file.path, { file, view }] as const);
  const pins = new Map(views.flatMap((view) => (view === undefined ? [] : pinsOf(view))));
  if (pins.size === 0) return (file) => file;
  return (file) => {
    const pin = file.sha256 === undefined ? pins.get(file.path) : undefined;
    return pin === undefined || pin.file.size !== file.sizeBytes ? file : pinned(file, pin.file, pin.view);
  };
}

function pinned(file: FileSpec, { sha256, source: own }: LockedFile, view: LockView): FileSpec {
  const digest = sha256 === undefined ? undefined : parseSha256(sha256);
  if (digest === undefined) return file;
  const source = own ?? view.source;
  const isOfEntry = own === undefined && view.revision !== undefined;
  const pin: FilePin = {
    lockedAt: view.lockedAt ?? '',
    ...(source !== undefined && { source }),
    ...(isOfEntry && { revision: view.revision }),
  };
  return { ...file, sha256: digest, proof: 'lock-sha256', pin };
}

/** Sources with the pinned one at the revision that it had. */
export const atRevision = (sources: readonly string[], view: LockView | undefined): readonly string[] =>
  view?.resolved === undefined ? sources : sources.map((source) => (source === view.source ? (view.resolved ?? source) : source));

/** What a spec says of an entry. */
export const partOf = ({ id }: LockKey, view: LockView | undefined): PartLock =>
  view === undefined ? { id, state: 'missing' } : { id, state: view.state, ...(view.lockedAt && { lockedAt: view.lockedAt }) };
