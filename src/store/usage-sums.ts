/** Adding up a scan: pure. */
import { BYTE_CLASSES, type ByteClass, type ByteSum, type ClassUsage, type HolderUsage, type SharingFacts } from '../domain/disk-usage.ts';
import type { ScannedInode, UsageScan, Use } from './usage-types.ts';

type Sum = { -readonly [Key in keyof ByteSum]: ByteSum[Key] };

const emptySum = (): Sum => ({ fileCount: 0, apparentBytes: 0, allocatedBytes: 0, diskBytes: 0 });

/** Blocks that a reflink shares are counted with the blob that has them, too. */
const diskBytesOf = ({ allocatedBytes, isReflink }: ScannedInode): number => (isReflink ? 0 : allocatedBytes);

function addContent(sum: Sum, inode: ScannedInode): void {
  if (!inode.isFile) return;
  sum.fileCount++;
  sum.apparentBytes += inode.sizeBytes;
}

function addBlocks(sum: Sum, inode: ScannedInode): void {
  sum.allocatedBytes += inode.allocatedBytes;
  sum.diskBytes += diskBytesOf(inode);
}

export function totalUsage({ inodes }: UsageScan): ByteSum {
  const sum = emptySum();
  for (const inode of inodes) {
    addContent(sum, inode);
    addBlocks(sum, inode);
  }
  return sum;
}

export function usageByClass(scan: UsageScan): ClassUsage[] {
  const sums = new Map(BYTE_CLASSES.map((byteClass) => [byteClass, emptySum()]));
  for (const inode of scan.inodes) {
    const sum = sums.get(classOf(scan, inode));
    if (sum === undefined) continue;
    addContent(sum, inode);
    addBlocks(sum, inode);
  }
  return BYTE_CLASSES.map((byteClass) => ({ byteClass, ...(sums.get(byteClass) ?? emptySum()) }));
}

function classOf({ models }: UsageScan, { uses, place }: ScannedInode): ByteClass {
  if (uses.length === 0) return place;
  if (uses.every((use) => use.as === 'foreign' || models[use.model]?.ref === undefined)) return 'foreign';
  if (uses.some(({ model }) => models[model]?.isPinned)) return 'pinned';
  return uses.some(({ model }) => model !== uses[0]?.model) ? 'shared' : 'live';
}

/**
 * @param groupOf of a use; undefined for one that is in no group that anybody asks about
 * @returns the largest first
 */
export function usageBy({ inodes }: UsageScan, groupOf: (use: Use) => string | undefined): HolderUsage[] {
  const sums = new Map<string, Sum & { uniqueBytes: number }>();
  for (const inode of inodes) {
    if (inode.uses.length === 0) continue;
    const groups = new Set(inode.uses.map(groupOf));
    for (const group of groups) {
      if (group === undefined) continue;
      const sum = sums.get(group) ?? { ...emptySum(), uniqueBytes: 0 };
      sums.set(group, sum);
      // A blob counts as content only by the names that it has in a model's folder.
      if (inode.uses.some((use) => use.as !== 'blob' && groupOf(use) === group)) addContent(sum, inode);
      addBlocks(sum, inode);
      if (groups.size === 1 && !inode.isKept) sum.uniqueBytes += diskBytesOf(inode);
    }
  }
  return [...sums].map(([name, sum]) => ({ name, ...sum })).sort((a, b) => b.diskBytes - a.diskBytes || (a.name < b.name ? -1 : 1));
}

/** By the second names of blobs: what they saved, and what they cost. */
export function sharingFacts({ inodes }: UsageScan): SharingFacts {
  // Those of files that are no links: mostly none, or all.
  const apart = new Set(inodes.flatMap(({ uses }) => uses.flatMap((use) => (use.as === 'blob' ? keyOf(use) : []))));
  let [hardLinkedBytes, reflinkedBytes, copiedBytes] = [0, 0, 0];
  for (const { uses, isReflink, allocatedBytes } of inodes) {
    if (isReflink) reflinkedBytes += allocatedBytes;
    else if (uses.some((use) => use.as === 'file' && apart.has(keyOf(use)))) copiedBytes += allocatedBytes;
    else hardLinkedBytes += allocatedBytes * uses.filter(({ as }) => as === 'linked').length;
  }
  return { hardLinkedBytes, reflinkedBytes, copiedBytes };
}

const keyOf = ({ model, path }: Use): string => `${model} ${path}`;
