/** Every name under the root, by the place where it stands, which says what it means. */
import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteClass } from '../domain/disk-usage.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { breather } from '../util/breather.ts';
import type { InodeTally } from './inode-tally.ts';
import type { ScannedModel } from './usage-types.ts';

/** Where the walk is. */
type Zone =
  | { readonly kind: 'root' }
  /** All below is of one class. */
  | { readonly kind: 'class'; readonly place: ByteClass }
  | { readonly kind: 'blobs' }
  | { readonly kind: 'family' }
  | { readonly kind: 'model'; readonly model: number; readonly prefix: string };

const ROOT_PLACES: Readonly<Record<string, ByteClass>> = {
  'STORE.json': 'state',
  'CACHEDIR.TAG': 'state',
  '.state': 'state',
  '.locks': 'state',
  '.tmp': 'partial',
  '.trash': 'trash',
  '.quarantine': 'quarantine',
};

interface Folder {
  readonly path: string;
  readonly zone: Zone;
}

/** Blobs come first: what a model's file is the link of is known by then. */
export async function walkUsage(root: string, models: readonly ScannedModel[], tally: InodeTally): Promise<void> {
  if (!tally.place(root, 'state')) return;
  const walk = new UsageWalk(models, tally);
  const folders = walk.entriesOf({ path: root, zone: { kind: 'root' } });
  const isOfBlobs = ({ zone }: Folder): boolean => zone.kind === 'blobs';
  const open = [...folders.filter((folder) => !isOfBlobs(folder)), ...folders.filter(isOfBlobs)];
  const breathe = breather();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    open.push(...walk.entriesOf(next));
    const pause = breathe();
    if (pause !== undefined) await pause;
  }
}

class UsageWalk {
  readonly #tally: InodeTally;
  readonly #byDirectory: ReadonlyMap<string, number>;
  readonly #families: ReadonlySet<string>;

  constructor(models: readonly ScannedModel[], tally: InodeTally) {
    this.#tally = tally;
    this.#byDirectory = new Map(models.map(({ directory }, index) => [directory, index]));
    this.#families = new Set(models.map(({ family }) => family));
  }

  /** Counts all that lies in the folder. @returns the folders in it */
  entriesOf({ path: directory, zone }: Folder): Folder[] {
    return entriesIn(directory).flatMap((entry): Folder[] => {
      const path = join(directory, entry.name);
      const below = this.#entry(zone, entry, path);
      return below === undefined ? [] : [{ path, zone: below }];
    });
  }

  /** Counts what has the name; the zone below it where it is a folder. */
  #entry(zone: Zone, entry: Dirent, path: string): Zone | undefined {
    const isFolder = entry.isDirectory();
    switch (zone.kind) {
      case 'root':
        return this.#rootEntry(path, entry.name, isFolder);
      case 'class':
        return this.#ofClass(path, zone.place, isFolder);
      case 'blobs':
        return this.#blobsEntry(path, entry.name, isFolder);
      case 'family':
        return this.#familyEntry(path, isFolder);
      case 'model':
        return this.#modelEntry(path, { name: entry.name, isFolder, zone });
    }
  }

  #rootEntry(path: string, name: string, isFolder: boolean): Zone | undefined {
    const place = ROOT_PLACES[name];
    if (!isFolder) return this.#ofClass(path, place ?? 'foreign', false);
    // The folder itself is the store's.
    if (place !== undefined) return this.#own(path, { kind: 'class', place });
    if (name === '.blobs') return this.#own(path, { kind: 'blobs' });
    if (this.#families.has(name)) return this.#own(path, { kind: 'family' });
    return this.#ofClass(path, 'foreign', true);
  }

  #blobsEntry(path: string, name: string, isFolder: boolean): Zone | undefined {
    if (isFolder) return this.#ofClass(path, 'state', true) && { kind: 'blobs' };
    this.#tally.blob(path, name);
    return undefined;
  }

  #familyEntry(path: string, isFolder: boolean): Zone | undefined {
    const model = isFolder ? this.#byDirectory.get(path) : undefined;
    if (model === undefined) return this.#ofClass(path, 'foreign', isFolder);
    return this.#tally.modelFolder(path, model) ? { kind: 'model', model, prefix: '' } : undefined;
  }

  #modelEntry(
    path: string,
    { name, isFolder, zone }: { readonly name: string; readonly isFolder: boolean; readonly zone: Extract<Zone, { kind: 'model' }> },
  ): Zone | undefined {
    const { model, prefix } = zone;
    if (isFolder) return this.#tally.modelFolder(path, model) ? { ...zone, prefix: `${prefix}${name}/` } : undefined;
    this.#tally.modelFile(path, model, `${prefix}${name}`);
    return undefined;
  }

  #own(path: string, below: Zone): Zone | undefined {
    return this.#tally.place(path, 'state') ? below : undefined;
  }

  #ofClass(path: string, place: ByteClass, isFolder: boolean): Zone | undefined {
    const isThere = this.#tally.place(path, place);
    return isFolder && isThere ? { kind: 'class', place } : undefined;
  }
}

function entriesIn(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fsError(error, `list ${directory}`);
  }
}
