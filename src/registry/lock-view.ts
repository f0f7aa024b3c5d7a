/** What an entry of the lockfile is worth for what the manifest says now. Pure. */
import { hash } from 'node:crypto';
import { type Sha256, sha256Of } from '../domain/digest.ts';
import type { PartLock } from '../domain/spec.ts';
import { redactUrl } from '../util/redact-url.ts';
import { isAllMade, type LockOwner } from './lock-owners.ts';
import { fileKey, type LockEntry, type LockedFile } from './lockfile.ts';

/** An entry as specs are made from it; part of the compiled manifest. */
export interface LockView extends PartLock {
  /** Of an open list: all files. Else those that the manifest has no sha256 of. */
  readonly files: readonly LockedFile[];
  /** Those that are made here: each counts only for what it says that it was made from. */
  readonly derived: readonly LockedFile[];
  readonly isOpen: boolean;
  readonly source?: string;
  /** To be read instead of `source`. */
  readonly resolved?: string;
  readonly revision?: string;
}

/** Digest of all that decides what locking gives. */
export function requestDigest({ places, patterns, files, derivation }: LockOwner): Sha256 {
  const rows = files?.map(({ path, size, variants, sha256 }) => [
    path,
    size,
    sha256?.toLowerCase().replace(/^sha256:/, '') ?? null,
    ...(variants === undefined ? [] : [[...variants].sort()]),
  ]);
  const body = [
    places.map(({ source, path }) => [source, path]),
    rows === undefined ? [...patterns].sort() : null,
    rows
      ?.map((row) => JSON.stringify(row))
      .sort()
      .map((row): unknown => JSON.parse(row)) ?? null,
    ...(derivation === undefined ? [] : [[derivation.from, derivation.dtype, derivation.components ?? null]]),
  ];
  return sha256Of(hash('sha256', JSON.stringify(body), 'hex'));
}

export interface Viewed {
  readonly owner: LockOwner;
  readonly entry: LockEntry;
  readonly isEdited: boolean;
}

export function viewOf({ owner, entry, isEdited }: Viewed): LockView {
  const { id, files: listed } = owner;
  if (isEdited) return { id, state: 'edited', files: [], derived: [], isOpen: listed === undefined };
  const { fetched = [], derived = [] } = Object.groupBy(entry.files, (file) => (file.derived === undefined ? 'fetched' : 'derived'));
  const state = entry.request === requestDigest(owner) ? 'locked' : 'stale';
  const { locked_at: lockedAt, source, resolved, revision } = entry;
  return {
    id,
    state,
    lockedAt,
    isOpen: listed === undefined,
    files: listed === undefined ? (state === 'locked' ? fetched : []) : added(fetched, listed),
    derived,
    ...(source !== undefined && owner.places.some((place) => place.source === source) && { source, ...(resolved && { resolved }) }),
    ...(revision !== undefined && { revision }),
  };
}

/** Also of a stale entry: what the manifest still says of a file is what was pinned. */
function added(files: readonly LockedFile[], listed: NonNullable<LockOwner['files']>): LockedFile[] {
  const wanting = new Map(listed.filter(({ sha256 }) => sha256 === undefined).map((file) => [fileKey(file), file.size]));
  return files.filter((file) => file.sha256 !== undefined && wanting.get(fileKey(file)) === file.size);
}

/** Why an entry does not hold, for people; undefined for one that does. */
export function whyStale(owner: LockOwner, entry: LockEntry | undefined): string | undefined {
  if (entry === undefined) return 'it is not in the lockfile';
  if (entry.request === requestDigest(owner)) return undefined;
  if (isAllMade(owner)) return 'it is derived otherwise now';
  const { files } = owner;
  if (entry.source !== undefined && !owner.places.some(({ source }) => source === entry.source))
    return `it was listed from ${redactUrl(entry.source)}, which is no source of it any more`;
  if (files === undefined) return 'its sources or patterns have changed since it was locked';
  const pinned = new Map(entry.files.filter(({ derived }) => derived === undefined).map((file) => [fileKey(file), file]));
  const changed = files.filter((file) => pinned.get(fileKey(file))?.size !== file.size).map(({ path }) => path);
  const gone = [...pinned.keys()].filter((key) => !files.some((file) => fileKey(file) === key));
  const named = [...changed, ...gone].slice(0, 3).join(', ');
  return named === '' ? 'the manifest has changed since it was locked' : `the manifest has changed since it was locked: ${named}`;
}
