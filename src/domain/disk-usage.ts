/** What every byte under MODELS_ROOT is for, and what would give it back. */
import type { TierSum } from './tiers.ts';

/**
 * Each inode is of one class, the first that fits:
 * - `pinned`, `shared`, `live`: of models that are published: of a pinned one, of several, of one;
 * - `trash`: of a removed model that is not purged yet; `partial`: of unfinished downloads and publications; `orphan`: a blob that nothing counts on;
 * - `quarantine`: bad bytes that were replaced; `foreign`: what people laid in, and directories without a readable record;
 * - `state`: the store's own records, locks and folders.
 */
export const BYTE_CLASSES = ['live', 'shared', 'pinned', 'partial', 'orphan', 'quarantine', 'trash', 'foreign', 'state'] as const;
export type ByteClass = (typeof BYTE_CLASSES)[number];

/** Every inode counted once, however many names it has. */
export interface ByteSum {
  readonly fileCount: number;
  /** Lengths of the files. */
  readonly apparentBytes: number;
  /** Allocated blocks as the file system tells them of each inode; of folders, too. What a reflink shares is in it twice. */
  readonly allocatedBytes: number;
  /** The same, with blocks that are known to be shared by reflink counted once. */
  readonly diskBytes: number;
}

export interface ClassUsage extends ByteSum {
  readonly byteClass: ByteClass;
}

/** A model, a family or a component: what it takes, and what would come back with it. */
export interface HolderUsage extends ByteSum {
  readonly name: string;
  /** Of `diskBytes`: what removing it, and nothing else, would give back. */
  readonly uniqueBytes: number;
}

export interface ModelUsage extends HolderUsage {
  readonly family: string;
  /** Absolute. */
  readonly path: string;
  readonly isPinned: boolean;
  /** False where its record is missing or torn: then no blob at all is given back until that is mended. */
  readonly isReadable: boolean;
}

/** How models share here, as far as the files show it. */
export interface SharingFacts {
  /** Bytes that have a second name by hard link, by reflink; and what second copies cost. */
  readonly hardLinkedBytes: number;
  readonly reflinkedBytes: number;
  readonly copiedBytes: number;
}

export interface DiskUsage {
  /** Absolute. */
  readonly root: string;
  readonly total: ByteSum;
  /** All of them, in the order of {@link BYTE_CLASSES}; their sum is the total. */
  readonly classes: readonly ClassUsage[];
  /** Largest first. */
  readonly models: readonly ModelUsage[];
  readonly families: readonly HolderUsage[];
  readonly components: readonly HolderUsage[];
  readonly sharing: SharingFacts;
  /** What lies elsewhere, and is in no other sum here. */
  readonly tiers: readonly TierSum[];
  readonly volume: { readonly freeBytes: number; readonly totalBytes: number };
}
