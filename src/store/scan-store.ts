/** What lies in the store, as far as garbage collection must know it. Reads names, sizes, times and records; changes nothing. */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { parseSha256, type Sha256 } from '../domain/digest.ts';
import type { LockHolder } from '../domain/events.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { StoredPin } from '../domain/holds.ts';
import { isFinished, modelOf } from '../domain/jobs.ts';
import { type CanonicalRef, formatRef } from '../domain/model-ref.ts';
import { isFileLocked } from '../locks/locked-file.ts';
import { lastUseMs } from './access.ts';
import { BlobTable } from './blob-table.ts';
import type { StoreContext } from './context.ts';
import { someForeignFile } from './foreign-files.ts';
import { liveIntents, namedBy } from './intents.ts';
import { JobRecords } from './job-records.ts';
import { isExpired, type KeptTrash, keptAt, keptTrash } from './kept-trash.ts';
import { type LiveLeases, liveLeases } from './leases.ts';
import { listNames } from './list-names.ts';
import { listPins } from './pins.ts';
import { deadStagings, oldRecords } from './recover.ts';
import { linkedElsewhere, NO_FILES, type ScannedFiles, scanFiles } from './scanned-files.ts';
import { ownBytesOf, secondNamesSeemToCost } from './second-names.ts';
import type { SnapshotRecord } from './snapshot-record.ts';
import { listSnapshots, lookAtSnapshot, readSnapshot } from './snapshots.ts';
import { trashEntries } from './sweep.ts';
import { uploadHolds } from './upload-records.ts';

export interface ScannedSnapshot {
  /** Absolute. */
  readonly directory: string;
  readonly family: string;
  readonly ref: CanonicalRef;
  /** `name@version[@variant][@+overlay]` */
  readonly label: string;
  /** Of its records under `.state`. */
  readonly name: string;
  readonly generation: string;
  /** Its last use, else its publication; milliseconds since the epoch. */
  readonly lastUsedMs: number;
  readonly files: ScannedFiles;
  /** Bytes of copies in its own folder, on a volume where a second name costs one. */
  readonly ownBytes: number;
  /** What somebody laid into its folder: a path in it, there where there is such a file. */
  readonly foreignFile?: string;
  /** Who holds the model's lock, or verifies it. */
  readonly atWork?: LockHolder | 'somebody';
}

/** Something by its path, absolute. */
export interface ScannedEntry {
  readonly path: string;
  /** What its removal frees. */
  readonly bytes: number;
  /** Milliseconds since the epoch; of the newest file in it. */
  readonly changedMs: number;
}

export interface ScannedOrphan extends ScannedEntry {
  readonly digest: Sha256;
}

export interface ScannedPartial extends ScannedEntry {
  readonly key: string;
  /** Whether somebody writes it right now. */
  readonly isLive: boolean;
}

/** A removed snapshot that is kept for a while. */
export interface ScannedTrash {
  readonly family: string;
  readonly path: string;
  readonly label: string;
  readonly expiresMs: number;
  readonly isExpired: boolean;
  readonly files: ScannedFiles;
  readonly ownBytes: number;
}

export interface StoreScan {
  /** Every blob that a model, here, in the trash or of somebody else, counts on. */
  readonly blobs: BlobTable;
  readonly snapshots: readonly ScannedSnapshot[];
  /** Directories that look like snapshots and have no readable record: while there is one, nothing may be removed. */
  readonly unreadable: readonly string[];
  /** Snapshots that do not lie where their record says: somebody's copies. */
  readonly foreign: readonly string[];
  readonly orphans: readonly ScannedOrphan[];
  readonly partials: readonly ScannedPartial[];
  readonly stagings: readonly ScannedEntry[];
  readonly records: readonly ScannedEntry[];
  /** What a removal left that was cut short. */
  readonly trash: readonly ScannedEntry[];
  readonly keptTrash: readonly ScannedTrash[];
  readonly quarantine: readonly ScannedEntry[];
  /** By name. */
  readonly pins: ReadonlyMap<string, StoredPin>;
  readonly leases: LiveLeases;
  /** References of models that a job will go on with, which has not ended. */
  readonly awaited: readonly string[];
  /** Labels of models that an ensure works on. */
  readonly ensuring: ReadonlySet<string>;
  /** Digests that those at work count on, and keys of their partials. */
  readonly intended: ReadonlySet<string>;
  /** Keys of files that receive an upload. */
  readonly uploading: ReadonlySet<string>;
  /** Numbers of blobs with more names than the models and the trash account for: they free nothing, whichever of them go. */
  readonly linkedElsewhere: ReadonlySet<number>;
}

export async function scanStore(context: StoreContext): Promise<StoreScan> {
  const scanning: Scanning = { blobs: new BlobTable(), isCopying: secondNamesSeemToCost(context) };
  const { snapshots, unreadable, foreign } = await scanSnapshots(context, scanning);
  const intents = await liveIntents(context);
  const kept = keptTrash(context).map((one) => scanTrash(context, one, scanning));
  const intended = new Set(intents.flatMap(namedBy));
  const linked = linkedElsewhere(
    context.resolver,
    scanning.blobs,
    [...snapshots, ...kept].map(({ files }) => files),
  );
  for (const directory of foreign)
    for (const { sha256, key } of readSnapshot(context, directory)?.files ?? []) scanning.blobs.add(sha256, key.sizeBytes);
  return {
    blobs: scanning.blobs,
    snapshots,
    unreadable,
    foreign,
    orphans: scanOrphans(context, scanning.blobs, intended),
    partials: await scanPartials(context),
    stagings: deadStagings(context).flatMap(treeAt),
    records: oldRecords(context).flatMap(treeAt),
    trash: trashEntries(context).flatMap((uuid) => (keptAt(context, uuid) === undefined ? treeAt(context.resolver.trashDir(uuid)) : [])),
    keptTrash: kept,
    quarantine: listNames(context.resolver.quarantineDir).flatMap((name) => treeAt(join(context.resolver.quarantineDir, name))),
    pins: new Map(listPins(context).map((pin) => [pin.name, pin])),
    leases: await liveLeases(context),
    awaited: awaitedModels(context),
    ensuring: new Set(intents.map(({ ref }) => ref)),
    intended,
    uploading: new Set(uploadHolds(context).flatMap(({ keys }) => keys)),
    linkedElsewhere: linked,
  };
}

/** Paused for a week, a download is still worth its pieces. */
function awaitedModels(context: StoreContext): string[] {
  const jobs = new JobRecords(context).list().jobs.filter((job) => !isFinished(job));
  return [...new Set(jobs.flatMap(({ request }) => modelOf(request) ?? []))];
}

interface Scanning {
  readonly blobs: BlobTable;
  readonly isCopying: boolean;
}

async function scanSnapshots(context: StoreContext, scanning: Scanning): Promise<Pick<StoreScan, 'snapshots' | 'unreadable' | 'foreign'>> {
  const [snapshots, unreadable, foreign]: [ScannedSnapshot[], string[], string[]] = [[], [], []];
  for (const directory of listSnapshots(context)) {
    const record = lookAtSnapshot(context, directory);
    if (record === 'gone') continue;
    if (record === 'unreadable') unreadable.push(directory);
    else if (isInPlace(context, directory, record)) snapshots.push(await scanSnapshot(context, directory, { ...scanning, record }));
    else foreign.push(directory);
  }
  return { snapshots, unreadable, foreign };
}

/** The folder of a model's family. */
export const familyOf = ({ resolver }: StoreContext, directory: string): string => resolver.relative(directory).split('/')[0] ?? '';

const isInPlace = (context: StoreContext, directory: string, { ref }: SnapshotRecord): boolean =>
  familyOf(context, directory) !== 'components' && context.resolver.relative(directory).split('/')[1] === formatRef(ref);

interface Found extends Scanning {
  readonly record: SnapshotRecord;
}

async function scanSnapshot(context: StoreContext, directory: string, { blobs, record, isCopying }: Found): Promise<ScannedSnapshot> {
  const { ref, generation, verifiedAt } = record;
  const family = familyOf(context, directory);
  const atWork = await holderOf(context, family, ref);
  const foreignFile = someForeignFile(directory, record);
  return {
    directory,
    family,
    ref,
    label: formatRef(ref),
    name: context.resolver.refName(family, ref),
    generation,
    lastUsedMs: lastUseMs(context, family, ref) ?? (Date.parse(verifiedAt) || 0),
    files: scanFiles(blobs, record),
    ownBytes: ownBytesOf(record, isCopying),
    ...(foreignFile !== undefined && { foreignFile }),
    ...(atWork && { atWork }),
  };
}

/** One whose snapshot cannot be read counts on nobody knows what: readers of references know it. */
function scanTrash(context: StoreContext, kept: KeptTrash, { blobs, isCopying }: Scanning): ScannedTrash {
  const record = readSnapshot(context, kept.snapshot);
  return {
    family: kept.family,
    path: kept.path,
    label: formatRef(kept.ref),
    expiresMs: kept.expiresMs,
    isExpired: isExpired(context, kept),
    files: record === undefined ? NO_FILES : scanFiles(blobs, record),
    ownBytes: ownBytesOf(record, isCopying),
  };
}

async function holderOf({ locks, resolver }: StoreContext, family: string, ref: CanonicalRef): Promise<ScannedSnapshot['atWork']> {
  for (const { path } of [resolver.modelLock(family, ref), resolver.verifyLock(family, ref)]) {
    if (await locks.isLocked(path)) return (await locks.holder(path)) ?? 'somebody';
  }
  return undefined;
}

/** What those at work count on may have no blob yet, and is told as theirs. */
function scanOrphans({ resolver }: StoreContext, counted: BlobTable, intended: ReadonlySet<string>): ScannedOrphan[] {
  const root = resolver.blobsDir;
  return listNames(root).flatMap((shard) =>
    listNames(join(root, shard)).flatMap((name): ScannedOrphan[] => {
      const digest = parseSha256(name);
      if (digest === undefined || intended.has(digest) || counted.numberOf(digest) !== undefined) return [];
      const stats = statsOf(resolver.blobPath(digest));
      return stats ? [{ digest, path: resolver.blobPath(digest), bytes: freedBy(stats), changedMs: changeOf(stats) }] : [];
    }),
  );
}

async function scanPartials({ resolver }: StoreContext): Promise<ScannedPartial[]> {
  const partials: ScannedPartial[] = [];
  for (const key of listNames(resolver.tmpDir).filter((name) => resolver.isKey(name))) {
    const path = resolver.partialDir(key);
    const maps = listNames(path).filter((name) => name.endsWith('.map'));
    const locked = await Promise.all(maps.map((name) => isFileLocked(join(path, name))));
    partials.push(...treeAt(path).map((entry) => ({ ...entry, key, isLive: locked.includes(true) })));
  }
  return partials;
}

/** Undefined where there is nothing. Milliseconds since the epoch. */
export const lastChangeMs = (path: string): number | undefined => treeAt(path)[0]?.changedMs;

/** A file, or a folder with all that is in it; nothing where it is gone. */
function treeAt(path: string): ScannedEntry[] {
  const top = statsOf(path);
  if (top === undefined) return [];
  const stats = [top, ...(top.isDirectory() ? namesBelow(path).flatMap((name) => statsOf(join(path, name)) ?? []) : [])];
  const files = stats.filter((one) => !one.isDirectory());
  return [{ path, bytes: files.reduce((sum, one) => sum + freedBy(one), 0), changedMs: Math.max(...stats.map(changeOf)) }];
}

function namesBelow(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true }) as string[];
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fsError(error, `list ${path}`);
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fsError(error, `look at ${path}`);
  }
}

const BLOCK_BYTES = 512;
/** A sparse file takes less than its size, and a file with another name frees nothing. */
const freedBy = ({ size, blocks, nlink }: Stats): number => (nlink > 1 ? 0 : Math.min(size, blocks * BLOCK_BYTES));

const changeOf = ({ mtimeMs, ctimeMs }: Stats): number => Math.max(mtimeMs, ctimeMs);
