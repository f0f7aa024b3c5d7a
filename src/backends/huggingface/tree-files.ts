/** The files of a tree, taken up page by page: what is held does not grow without end, whatever a server sends. */
import { fileOfTree, type HubEntry } from './hub-listing.ts';

export interface TreeBounds {
  /** Files and folders. The Hub asks its users to stay below 100,000 files. */
  readonly entries: number;
  /** UTF-16 units of all paths together. */
  readonly pathUnits: number;
}

/** At worst some 150 MB: half of it for the entries, half for their paths. */
export const TREE_BOUNDS: TreeBounds = { entries: 250_000, pathUnits: 32 * 1024 * 1024 };

export class TreeFiles {
  readonly #bounds: TreeBounds;
  readonly #files = new Map<string, HubEntry>();
  #entries = 0;
  #pathUnits = 0;

  constructor(bounds = TREE_BOUNDS) {
    this.#bounds = bounds;
  }

  /** By their paths; folders, and files with a path that no model may hold, are left out. */
  get files(): ReadonlyMap<string, HubEntry> {
    return this.#files;
  }

  get isTooLarge(): boolean {
    return this.#entries > this.#bounds.entries || this.#pathUnits > this.#bounds.pathUnits;
  }

  /** False where something of the page is no entry of a tree. What is beyond the bounds is not kept. */
  add(page: readonly unknown[]): boolean {
    for (const item of page) {
      const file = fileOfTree(item);
      if (file === undefined) return false;
      this.#entries++;
      if (file === 'none') continue;
      this.#pathUnits += file.path.length;
      if (this.isTooLarge) return true;
      this.#files.set(file.path, file);
    }
    return true;
  }
}
