/** One snapshot of a rebuild: its files read where no proof is on record, its blobs given back where they are gone, its record written where it is lost. */
import { readFileSync } from 'node:fs';
import type { Sha256 } from '../domain/digest.ts';
import { isModelError } from '../domain/errors.ts';
import type { ModelSpec } from '../domain/spec.ts';
import { writeLeaves } from '../store/piece-leaves.ts';
import type { SnapshotFile } from '../store/snapshot-record.ts';
import { readSnapshot, writeSnapshot } from '../store/snapshots.ts';
import { isUntouched, readStatKey } from '../store/stat-key.ts';
import { withStateLock } from '../store/state-lock.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';
import type { RebuildOptions } from './api.ts';
import { type CheckedFile, checkBytes } from './check-bytes.ts';
import { isIndex, unreferencedShards } from './narrow-shards.ts';
import type { Orchestration } from './orchestration.ts';
import type { SeenCopy, SeenSnapshot } from './rebuild-look.ts';

export interface SnapshotOutcome {
  /** Paths inside the model. */
  readonly badFiles: readonly string[];
  /** Digests of right files whose key on record is stale: relinking them proves them again. */
  readonly stale: readonly Sha256[];
  /** Digests whose blobs were gone, and are links of these files again. */
  readonly adopted: readonly Sha256[];
  readonly bytesRead: number;
  /** False where its record is lost and stays so. */
  readonly isWritten: boolean;
}

interface RightCopy extends SeenCopy {
  readonly digest: Sha256;
}

/** A snapshot that somebody is at work on is left to him. */
export async function rebuildSnapshot(work: Orchestration, seen: SeenSnapshot, options: RebuildOptions): Promise<SnapshotOutcome> {
  const { store } = work;
  const [family = ''] = store.resolver.relative(seen.directory).split('/');
  const ref = seen.record?.ref ?? seen.spec?.ref;
  const nothing = { badFiles: [], stale: [], adopted: [], bytesRead: 0, isWritten: false };
  if (ref === undefined) return nothing;
  const lease = await store.locks.tryAcquire(store.resolver.modelLock(family, ref), { doing: 'rebuild' });
  if (lease === undefined) return { ...nothing, isWritten: true };
  try {
    const unread = seen.copies.filter(({ digest }) => digest === undefined);
    const right = await rightCopies(work, seen, options);
    const badFiles = seen.copies.filter(({ path }) => !right.some((copy) => copy.path === path)).map(({ path }) => path);
    const adopted = await adoptAll(work, right);
    const isWritten = seen.record !== undefined || (await writeRecord(work, seen, right));
    return {
      ...{ badFiles, adopted, isWritten },
      stale: right.filter(({ isStale }) => isStale).map(({ digest }) => digest),
      bytesRead: unread.reduce((sum, { key }) => sum + key.sizeBytes, 0),
    };
  } finally {
    await lease.release();
  }
}

/** What is wrong under a name on record is marked, as a verification does: repair finds it. */
async function rightCopies(
  work: Orchestration,
  { record, copies }: SeenSnapshot,
  { signal }: RebuildOptions,
): Promise<readonly RightCopy[]> {
  const unread = copies.filter(({ digest }) => digest === undefined);
  const files = unread.map(({ absolute: path, key: { sizeBytes }, expected }) => ({
    path,
    sizeBytes,
    ...(expected && { digest: expected }),
  }));
  const checked = await checkBytes(work, files, { deep: true, ...(signal && { signal }) });
  await keepLeaves(work, checked);
  const found = new Map(unread.map(({ path }, index) => [path, checked[index]]));
  const right: RightCopy[] = [];
  for (const copy of copies) {
    const { sha256: digest = copy.digest, unreadable = '' } = found.get(copy.path) ?? {};
    const now = readStatKey(copy.absolute);
    if (now === undefined || !isUntouched(copy.key, now)) continue;
    if (digest !== undefined && isRight(copy, digest)) right.push({ ...copy, digest });
    else if (record !== undefined && copy.expected !== undefined) await work.blobs.marks.mark(copy.expected, digest ?? unreadable);
  }
  return right;
}

/** Of the bytes that they were made of, whatever file those are in. */
async function keepLeaves({ store }: Orchestration, checked: readonly CheckedFile[]): Promise<void> {
  for (const { sha256, leaves } of checked)
    if (sha256 && leaves) await writeLeaves(store, sha256, { leafBytes: LEAF_BYTES, digests: leaves });
}

const isRight = ({ expected, sizeBytes, key }: SeenCopy, digest: Sha256): boolean =>
  expected === undefined ? key.sizeBytes === sizeBytes : digest === expected;

async function adoptAll({ store, blobs }: Orchestration, right: readonly RightCopy[]): Promise<Sha256[]> {
  const adopted: Sha256[] = [];
  for (const { digest, absolute, key } of right) {
    if (readStatKey(blobs.path(digest)) !== undefined) continue;
    const lease = await store.locks.tryAcquire(store.resolver.blobLock(digest), { doing: 'rebuild' });
    if (lease === undefined) continue;
    try {
      if (await blobs.adopt(digest, absolute, key)) adopted.push(digest);
    } finally {
      await lease.release();
    }
  }
  return adopted;
}

/** @returns whether it has a record now */
async function writeRecord({ store }: Orchestration, { directory, spec }: SeenSnapshot, right: readonly RightCopy[]): Promise<boolean> {
  if (spec === undefined || right.length === 0) return false;
  await withStateLock(store, `rebuild the record of ${directory}`, async () => {
    if (readSnapshot(store, directory) !== undefined) return;
    const files = right.flatMap(({ path, absolute, key: before, digest: sha256, proof, derived }): SnapshotFile[] => {
      const key = readStatKey(absolute);
      return key === undefined || !isUntouched(before, key) ? [] : [{ path, sha256, proof, key, ...(derived && { derived }) }];
    });
    await writeSnapshot(store, directory, {
      ref: spec.ref,
      variant: spec.variant,
      specDigest: spec.specDigest,
      generation: store.random.uuid(),
      verifiedAt: new Date(store.clock.now()).toISOString(),
      files,
      leftOut: leftOut(spec, right),
    });
  });
  return true;
}

/** Absent, and right so: optional, or a shard that no index names. */
function leftOut({ files }: ModelSpec, right: readonly RightCopy[]): string[] {
  const here = new Map(right.map(({ path, absolute }) => [path, absolute]));
  const absent = files.filter(({ path }) => !here.has(path));
  const unnamed = unnamedShards(
    files.filter((file) => here.has(file.path) || !isIndex(file)),
    files,
    here,
  );
  return absent.filter(({ path, optional }) => optional || unnamed.has(path)).map(({ path }) => path);
}

function unnamedShards(files: ModelSpec['files'], listed: ModelSpec['files'], here: ReadonlyMap<string, string>): ReadonlySet<string> {
  try {
    return unreferencedShards({ files, listed }, ({ path }) => readFileSync(here.get(path) ?? ''));
  } catch (error) {
    // An index that is none says nothing of shards.
    if (isModelError(error, 'FORMAT_INVALID')) return new Set();
    throw error;
  }
}
