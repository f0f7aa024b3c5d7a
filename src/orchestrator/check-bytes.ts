/**
 * What files hold, on all cores. A file whose leaves are on record is read leaf by leaf, by as many threads as there are: each leaf was
 * recorded when the whole file was proven, so right leaves are right bytes as long as the record is. Where one differs, the whole file is
 * read: a record can condemn nothing.
 */
import type { Sha256 } from '../domain/digest.ts';
import type { ModelError } from '../domain/errors.ts';
import { isUnreadable } from '../domain/fs-error.ts';
import { readLeaves } from '../store/piece-leaves.ts';
import { readStatKey } from '../store/stat-key.ts';
import { hashFiles } from '../transfer/hash-file.ts';
import type { FileExtent, HashedFile, HashTarget } from '../transfer/hash-job.ts';
import { leafDigest, leafExtents } from '../transfer/leaf-extents.ts';
import { LEAF_BYTES } from '../transfer/transfer.ts';
import { sum } from '../util/sum.ts';
import type { Orchestration } from './orchestration.ts';

export interface FileToCheck {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Whose leaves may be on record, and are made where they are not. */
  readonly digest?: Sha256;
}

export interface CheckedFile {
  /** Absent where the disk gives its bytes no more. */
  readonly sha256?: Sha256;
  /** Instead of that: `unreadable (EIO)`. */
  readonly unreadable?: string;
  readonly sizeBytes: number;
  /** `pieces`: each of its leaves is as recorded; `sha256`: the whole file was hashed. */
  readonly by: 'sha256' | 'pieces';
  /** Made in the same read as `sha256`: fit to be put on record. */
  readonly leaves?: Uint8Array;
  /** Where the file differs from the leaves on record: their numbers. */
  readonly badPieces?: readonly number[];
}

export interface CheckOptions {
  /** Hash whole files, whatever is on record. */
  readonly deep?: boolean;
  readonly limitRateBytesPerSecond?: number;
  readonly signal?: AbortSignal;
  /** A second reading raises the total as soon as it is known to come. All is done only when every file is judged. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Each as soon as it is known. */
  readonly onChecked?: (index: number, checked: CheckedFile) => void;
}

/** In the order of the files. @throws ModelError of the first one that cannot be read, CANCELLED */
export async function checkBytes(
  work: Pick<Orchestration, 'store'>,
  files: readonly FileToCheck[],
  options: CheckOptions = {},
): Promise<readonly CheckedFile[]> {
  const recorded = files.map((file) => leavesOf(work, file));
  const known = options.deep ? [] : recorded;
  const leafless = files.filter((file, index) => isDivided(file) && recorded[index] === undefined);
  const firstBytes = sum(files.map(foundBytes));
  let totalBytes = firstBytes;
  const tell = (doneBytes: number) => options.onProgress?.(doneBytes, totalBytes);
  const onProgress = (doneBytes: number) => tell(Math.min(doneBytes, Math.max(0, totalBytes - 1)));
  const onDoubt = (index: number) => {
    totalBytes += foundBytes(files[index]);
  };
  const checked = await checkOnce(files, known, { ...options, leafless, onProgress, onDoubt });
  const doubtful = checked.flatMap(({ badPieces }, index) => (badPieces === undefined ? [] : [index]));
  const again = doubtful.flatMap((index) => files[index] ?? []);
  const onChecked = (at: number, read: CheckedFile) => options.onChecked?.(doubtful[at] ?? -1, read);
  const onRead = (doneBytes: number) => onProgress(firstBytes + doneBytes);
  const whole = again.length === 0 ? [] : await checkOnce(again, [], { ...options, leafless: again, onProgress: onRead, onChecked });
  tell(totalBytes);
  for (const [at, index] of doubtful.entries()) {
    const [before, now] = [checked[index], whole[at]];
    if (before === undefined || now === undefined) continue;
    checked[index] = now.sha256 === files[index]?.digest ? now : { ...now, badPieces: before.badPieces ?? [] };
  }
  return checked;
}

/** What there is to read of it now, whatever there should be. */
const foundBytes = (file: FileToCheck | undefined): number => (file && readStatKey(file.path)?.sizeBytes) ?? 0;

interface KnownLeaves {
  readonly extents: readonly FileExtent[];
  readonly digests: readonly Sha256[];
  readonly sha256: Sha256;
}

/** Leaves of a file of one leaf say no more than its digest. */
const isDivided = ({ digest, sizeBytes }: FileToCheck): boolean => digest !== undefined && sizeBytes > LEAF_BYTES;

function leavesOf({ store }: Pick<Orchestration, 'store'>, file: FileToCheck): KnownLeaves | undefined {
  const { path, digest, sizeBytes } = file;
  if (digest === undefined || !isDivided(file) || readStatKey(path)?.sizeBytes !== sizeBytes) return undefined;
  const leaves = readLeaves(store, digest, sizeBytes);
  if (leaves === undefined) return undefined;
  const extents = leafExtents({ path, sizeBytes, leafBytes: leaves.leafBytes });
  return { sha256: digest, extents, digests: extents.map((_, leaf) => leafDigest(leaves, leaf)) };
}

interface OnceOptions extends Omit<CheckOptions, 'onProgress'> {
  readonly onProgress: (doneBytes: number) => void;
  /** At the first leaf of a file that differs. */
  readonly onDoubt?: (index: number) => void;
  /** Those whose leaves are made on the way. */
  readonly leafless: readonly FileToCheck[];
}

/** @param known by index: leaves to compare with; the other files are hashed whole */
async function checkOnce(
  files: readonly FileToCheck[],
  known: readonly (KnownLeaves | undefined)[],
  { leafless, onChecked, onDoubt, ...options }: OnceOptions,
): Promise<CheckedFile[]> {
  const checked: CheckedFile[] = [];
  const parts = files.flatMap((file, index) => partsOf(file, known[index]).map((target, piece) => ({ index, piece, target })));
  const open = new Map(files.map((file, index) => [index, { left: partsOf(file, known[index]).length, bad: [] as number[] }]));
  const leafy = new Set<HashTarget>(leafless.map(({ path }) => path));
  let failure: ModelError | undefined;
  const settle = (at: number, hashed: HashedFile | ModelError): void => {
    const { index = -1, piece = 0 } = parts[at] ?? {};
    const [file, leaves, rest] = [files[index], known[index], open.get(index)];
    if (file === undefined || rest === undefined) return;
    const sha256 = 'sha256' in hashed ? hashed.sha256 : undefined;
    if (leaves !== undefined && leaves.digests[piece] !== sha256 && rest.bad.push(piece) === 1) onDoubt?.(index);
    if (--rest.left > 0) return;
    checked[index] = leaves !== undefined ? ofLeaves(file, leaves, rest.bad) : 'sha256' in hashed ? ofWhole(hashed) : ofNone(file);
    if (rest.bad.length === 0) onChecked?.(index, checked[index]);
  };
  await hashFiles(
    parts.map(({ target }) => target),
    {
      ...options,
      leaves: (target) => leafy.has(target),
      onHashed: settle,
      // A bad sector is what a check is to find; whatever else keeps a file from being read is for somebody to see to.
      onFailed: (at, error) => {
        if (isUnreadable(error)) settle(at, error);
        else failure ??= error;
      },
    },
  );
  if (failure !== undefined) throw failure;
  return checked;
}

const partsOf = ({ path }: FileToCheck, known: KnownLeaves | undefined): readonly HashTarget[] => known?.extents ?? [path];

const ofNone = ({ sizeBytes }: FileToCheck): CheckedFile => ({ sizeBytes, by: 'sha256', unreadable: 'unreadable (EIO)' });

const ofWhole = (hashed: HashedFile): CheckedFile => ({ ...hashed, by: 'sha256' });

function ofLeaves({ sizeBytes }: FileToCheck, { sha256 }: KnownLeaves, bad: readonly number[]): CheckedFile {
  return { sha256, sizeBytes, by: 'pieces', ...(bad.length > 0 && { badPieces: bad.toSorted((a, b) => a - b) }) };
}
