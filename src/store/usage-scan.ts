/**
 * What lies under the root, inode by inode, with everything that holds it: the ground for `du` and for quotas. Reads names, sizes and
 * records, follows no link, changes nothing. What vanishes meanwhile is not there.
 */
import { type BigIntStats, type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteClass } from '../domain/disk-usage.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { StoreContext } from './context.ts';
import { liveIntents } from './intents.ts';
import { Ledger } from './ledger.ts';
import { listNames } from './list-names.ts';
import { isHolding, readPin } from './pins.ts';
import { type SnapshotFile, type SnapshotRecord, VERIFIED_FILE } from './snapshot-record.ts';
import { digestsIn, listSnapshots, readSnapshot } from './snapshots.ts';
import { compareKeys, keyOfStats, readStatKey } from './stat-key.ts';
import { trashEntries } from './sweep.ts';

/** The allocation unit of `stat`, whatever the volume's block size. */
const STAT_BLOCK_BYTES = 512;

export interface ScannedModel {
  /** Absolute. */
  readonly directory: string;
  readonly family: string;
  readonly isPinned: boolean;
  /** Absent where it is missing or torn. */
  readonly record?: SnapshotRecord;
}

/** A model that goes on needing an inode as long as it is there. */
export interface Use {
  /** Index into the scan's models. */
  readonly model: number;
  /** Of the file, as the model's record names it; absent for what is in its folder beside that. */
  readonly path?: string;
  /** `blob`: the model's record names its digest; the others lie in the model's folder. */
  readonly as: 'blob' | 'file' | 'own' | 'foreign';
}

export interface ScannedInode {
  readonly isFile: boolean;
  readonly sizeBytes: number;
  readonly allocatedBytes: number;
  readonly uses: readonly Use[];
  /** What it is by its place, where no model uses it. */
  readonly place: ByteClass;
  /** Something else holds it beside the models: an ensure at work, the trash, a link from outside the root. */
  readonly isKept: boolean;
  /** Its blocks are those of a blob that is in the scan, too. */
  readonly isReflink: boolean;
  /** Names below the root. */
  readonly nameCount: number;
}

export interface UsageScan {
  readonly models: readonly ScannedModel[];
  readonly inodes: readonly ScannedInode[];
}

export async function scanUsage(context: StoreContext): Promise<UsageScan> {
  const models = scannedModels(context);
  const walk = new Walk(context, { models, trashed: trashedDigests(context), wanted: await wantedDigests(context) });
  return { models, inodes: walk.run() };
}

function scannedModels(context: StoreContext): ScannedModel[] {
  const { resolver } = context;
  return listSnapshots(context).map((directory) => {
    const record = readSnapshot(context, directory);
    const [family = '', ref = ''] = resolver.relative(directory).split('/');
    const pin = readPin(context, `${family}@${ref}`);
    return { directory, family, isPinned: pin !== undefined && isHolding(pin), ...(record && { record }) };
  });
}

function trashedDigests(context: StoreContext): ReadonlySet<string> {
  const { resolver } = context;
  const folders = trashEntries(context).map((entry) => resolver.trashDir(entry));
  return new Set(folders.flatMap((folder) => listNames(folder).flatMap((name) => digestsIn(context, resolver.modelFile(folder, name)))));
}

const wantedDigests = async (context: StoreContext): Promise<ReadonlySet<string>> =>
  new Set((await liveIntents(context)).flatMap(({ digests }) => digests));

interface WalkFacts {
  readonly models: readonly ScannedModel[];
  readonly trashed: ReadonlySet<string>;
  readonly wanted: ReadonlySet<string>;
}

/** Where the walk is, which says what a name means. */
type Zone =
  | { readonly kind: 'root' }
  /** All below is of one class; the folder itself is the store's. */
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

/** Of several places the first one counts. */
const PLACE_ORDER: readonly ByteClass[] = ['trash', 'partial', 'orphan', 'quarantine', 'foreign', 'state'];

interface Node {
  isFile: boolean;
  sizeBytes: number;
  allocatedBytes: number;
  uses: Use[];
  place: ByteClass;
  isKept: boolean;
  isReflink: boolean;
  nameCount: number;
  linkCount: number;
}

class Walk {
  readonly #context: StoreContext;
  readonly #facts: WalkFacts;
  readonly #ledger: Ledger;
  readonly #byDirectory: ReadonlyMap<string, number>;
  readonly #filesOf: readonly ReadonlyMap<string, SnapshotFile>[];
  readonly #usesOf = new Map<string, Use[]>();
  /** A snapshot without a readable record may count on any blob. */
  readonly #isAnyUnreadable: boolean;
  readonly #nodes = new Map<string, Node>();

  constructor(context: StoreContext, facts: WalkFacts) {
    this.#context = context;
    this.#facts = facts;
    this.#ledger = new Ledger(context);
    const { models } = facts;
    this.#byDirectory = new Map(models.map(({ directory }, index) => [directory, index]));
    this.#filesOf = models.map(({ record }) => new Map(record?.files.map((file) => [file.path, file])));
    this.#isAnyUnreadable = models.some(({ record }) => record === undefined);
    for (const [model, { record }] of models.entries()) {
      for (const { path, sha256 } of record?.files ?? []) this.#usedBy(sha256).push({ model, path, as: 'blob' });
    }
  }

  run(): ScannedInode[] {
    const { root } = this.#context.resolver;
    const open: { readonly path: string; readonly zone: Zone }[] = [];
    if (this.#add(root, { kind: 'class', place: 'state' }) === undefined) return [];
    open.push({ path: root, zone: { kind: 'root' } });
    for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
      for (const entry of entriesOf(folder.path)) {
        const path = join(folder.path, entry.name);
        const below = this.#entry(folder.zone, entry, path);
        if (below !== undefined) open.push({ path, zone: below });
      }
    }
    return [...this.#nodes.values()].map((node) => ({ ...node, isKept: node.isKept || (node.isFile && node.linkCount > node.nameCount) }));
  }

  /** Counts what has the name; the zone below it where it is a folder. */
  #entry(zone: Zone, entry: Dirent, path: string): Zone | undefined {
    const { name } = entry;
    const isFolder = entry.isDirectory();
    if (zone.kind === 'root') return this.#rootEntry(path, { name, isFolder });
    if (zone.kind === 'blobs') {
      if (isFolder) return this.#folder(path, { kind: 'class', place: 'state' }, zone);
      this.#addBlob(path, name);
      return undefined;
    }
    if (zone.kind === 'family') {
      const model = isFolder ? this.#byDirectory.get(path) : undefined;
      if (model === undefined) return this.#folderOrFile(path, isFolder, { kind: 'class', place: 'foreign' });
      return this.#folder(path, { kind: 'model', model, prefix: '' }, { kind: 'model', model, prefix: '' });
    }
    if (zone.kind === 'class') return this.#folderOrFile(path, isFolder, zone);
    if (isFolder) return this.#folder(path, zone, { ...zone, prefix: `${zone.prefix}${name}/` });
    this.#addModelFile(path, zone.model, `${zone.prefix}${name}`);
    return undefined;
  }

  #rootEntry(path: string, { name, isFolder }: { readonly name: string; readonly isFolder: boolean }): Zone | undefined {
    const own: Zone = { kind: 'class', place: 'state' };
    const place = ROOT_PLACES[name];
    if (place !== undefined) {
      const below: Zone = { kind: 'class', place };
      return isFolder ? this.#folder(path, own, below) : this.#folderOrFile(path, false, below);
    }
    if (isFolder && name === '.blobs') return this.#folder(path, own, { kind: 'blobs' });
    const isFamily = isFolder && this.#facts.models.some(({ family }) => family === name);
    if (isFamily) return this.#folder(path, own, { kind: 'family' });
    return this.#folderOrFile(path, isFolder, { kind: 'class', place: 'foreign' });
  }

  #folder(path: string, own: Zone, below: Zone): Zone | undefined {
    return this.#add(path, own) === undefined ? undefined : below;
  }

  #folderOrFile(path: string, isFolder: boolean, zone: Zone): Zone | undefined {
    const added = this.#add(path, zone);
    return isFolder && added !== undefined ? zone : undefined;
  }

  #add(path: string, zone: Zone): Node | undefined {
    const stats = lstatOrNothing(path);
    if (stats === undefined) return undefined;
    const node = this.#node(stats);
    if (zone.kind === 'class') lower(node, zone.place);
    if (zone.kind === 'model') node.uses.push({ model: zone.model, as: 'own' });
    return node;
  }

  #addBlob(path: string, name: string): void {
    const stats = lstatOrNothing(path);
    if (stats === undefined) return;
    const node = this.#node(stats);
    node.uses.push(...(this.#usesOf.get(name) ?? []));
    const [isTrashed, isWanted] = [this.#facts.trashed.has(name), this.#facts.wanted.has(name)];
    lower(node, isTrashed ? 'trash' : isWanted ? 'partial' : 'orphan');
    if (isTrashed || isWanted || this.#isAnyUnreadable) node.isKept = true;
  }

  #addModelFile(path: string, model: number, name: string): void {
    const stats = lstatOrNothing(path);
    if (stats === undefined) return;
    const node = this.#node(stats);
    const file = this.#filesOf[model]?.get(name);
    if (file === undefined) {
      node.uses.push({ model, as: name === VERIFIED_FILE ? 'own' : 'foreign' });
      return;
    }
    node.uses.push({ model, path: name, as: 'file' });
    if (file.reflinkOf !== undefined && this.#sharesBlocks(file, stats)) node.isReflink = true;
  }

  /** Both inodes are as they were when one was made from the other: neither was written to since. */
  #sharesBlocks({ sha256, key, reflinkOf }: SnapshotFile, stats: BigIntStats): boolean {
    const comparison = compareKeys(key, keyOfStats(stats));
    if (comparison !== 'same' && comparison !== 'touched') return false;
    const blob = readStatKey(this.#context.resolver.blobPath(sha256));
    return blob !== undefined && blob.ino === reflinkOf && this.#ledger.proves(sha256, blob);
  }

  #node(stats: BigIntStats): Node {
    const id = `${stats.dev}:${stats.ino}`;
    const known = this.#nodes.get(id);
    if (known !== undefined) {
      known.nameCount++;
      return known;
    }
    const made: Node = {
      isFile: !stats.isDirectory(),
      sizeBytes: Number(stats.size),
      allocatedBytes: Number(stats.blocks) * STAT_BLOCK_BYTES,
      uses: [],
      place: 'state',
      isKept: false,
      isReflink: false,
      nameCount: 1,
      linkCount: Number(stats.nlink),
    };
    this.#nodes.set(id, made);
    return made;
  }

  #usedBy(digest: string): Use[] {
    const known = this.#usesOf.get(digest) ?? [];
    this.#usesOf.set(digest, known);
    return known;
  }
}

function lower(node: Node, place: ByteClass): void {
  if (PLACE_ORDER.indexOf(place) < PLACE_ORDER.indexOf(node.place)) node.place = place;
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fsError(error, `list ${directory}`);
  }
}

function lstatOrNothing(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (isErrno(error, 'ENOTDIR')) return undefined;
    throw fsError(error, `look at ${path}`);
  }
}
