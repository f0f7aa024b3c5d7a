/**
 * What lies under the root, inode by inode, with everything that holds it: the ground for `du` and for quotas. Reads names, sizes and
 * records, follows no link, changes nothing. What vanishes meanwhile is not there. Others in the process have their turn now and then.
 */
import { type BigIntStats, type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256 } from '../domain/digest.ts';
import type { ByteClass } from '../domain/disk-usage.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import { breather } from '../util/breather.ts';
import type { StoreContext } from './context.ts';
import { liveIntents } from './intents.ts';
import { keptDigests } from './kept-trash.ts';
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
  /** Of its record; absent where that is missing or torn. */
  readonly ref?: CanonicalRef;
  /** That the record names. */
  readonly digests: readonly Sha256[];
}

/** A model that goes on needing an inode as long as it is there. */
export interface Use {
  /** Index into the scan's models. */
  readonly model: number;
  /** Of the file, as the model's record names it; absent for what is in its folder beside that. */
  readonly path?: string;
  /** `blob`: the model's record names its digest; `linked`: that, and this is the file, too; the others lie in the model's folder alone. */
  as: 'blob' | 'linked' | 'file' | 'own' | 'foreign';
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
  const models: ScannedModel[] = [];
  const walk = new Walk(context, { models, trashed: trashedDigests(context), wanted: await wantedDigests(context) });
  const breathe = breather();
  for (const directory of listSnapshots(context)) {
    const record = readSnapshot(context, directory);
    models.push(scannedModel(context, directory, record));
    walk.count(record?.files ?? []);
    const pause = breathe();
    if (pause !== undefined) await pause;
  }
  return { models, inodes: await walk.run() };
}

function scannedModel(context: StoreContext, directory: string, record: SnapshotRecord | undefined): ScannedModel {
  const [family = '', name = ''] = context.resolver.relative(directory).split('/');
  const pin = readPin(context, `${family}@${name}`);
  const digests = record?.files.map(({ sha256 }) => sha256) ?? [];
  return { directory, family, isPinned: pin !== undefined && isHolding(pin), ...(record && { ref: record.ref }), digests };
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

interface Folder {
  readonly path: string;
  readonly zone: Zone;
}

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
  /** Of each model the paths of its record; of a reflink with what is on record of it. Nothing else is kept: there may be many. */
  readonly #filesOf: Map<string, SnapshotFile | undefined>[] = [];
  readonly #usesOf = new Map<string, Use[]>();
  readonly #nodes = new Map<string, Node>();
  #byDirectory: ReadonlyMap<string, number> = new Map();
  #families: ReadonlySet<string> = new Set();
  /** A snapshot without a readable record, in the trash too, may count on any blob. */
  #isAnyUnreadable = false;
  readonly #breathe = breather();

  constructor(context: StoreContext, facts: WalkFacts) {
    this.#context = context;
    this.#facts = facts;
    this.#ledger = new Ledger(context);
  }

  /** The files of the next model. */
  count(files: readonly SnapshotFile[]): void {
    const model = this.#filesOf.length;
    this.#filesOf.push(new Map(files.map((file) => [file.path, file.reflinkOf === undefined ? undefined : file])));
    for (const { path, sha256 } of files) {
      const uses = this.#usesOf.get(sha256);
      const use: Use = { model, path, as: 'blob' };
      if (uses === undefined) this.#usesOf.set(sha256, [use]);
      else uses.push(use);
    }
  }

  /** Blobs come first: what a model's file is the link of is known by then. */
  async run(): Promise<ScannedInode[]> {
    const { models } = this.#facts;
    this.#byDirectory = new Map(models.map(({ directory }, index) => [directory, index]));
    this.#families = new Set(models.map(({ family }) => family));
    this.#isAnyUnreadable = models.some(({ ref }) => ref === undefined) || keptDigests(this.#context).unreadable.length > 0;
    const { root } = this.#context.resolver;
    if (this.#add(root, { kind: 'class', place: 'state' }) === undefined) return [];
    const [blobs, others] = partition(this.#folderEntries({ path: root, zone: { kind: 'root' } }), ({ zone }) => zone.kind === 'blobs');
    for (const folder of [...blobs, ...others]) await this.#walkBelow(folder);
    const nodes = [...this.#nodes.values()];
    for (const node of nodes) node.isKept ||= node.isFile && node.linkCount > node.nameCount;
    return nodes;
  }

  async #walkBelow(folder: Folder): Promise<void> {
    const open = [folder];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      open.push(...this.#folderEntries(next));
      const pause = this.#breathe();
      if (pause !== undefined) await pause;
    }
  }

  /** Counts all that lies in the folder. @returns the folders in it */
  #folderEntries({ path: directory, zone }: Folder): Folder[] {
    return entriesOf(directory).flatMap((entry): Folder[] => {
      const path = join(directory, entry.name);
      const below = this.#entry(zone, entry, path);
      return below === undefined ? [] : [{ path, zone: below }];
    });
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
    if (isFolder && this.#families.has(name)) return this.#folder(path, own, { kind: 'family' });
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
    const files = this.#filesOf[model];
    if (files === undefined || !files.has(name)) {
      node.uses.push({ model, as: name === VERIFIED_FILE ? 'own' : 'foreign' });
      return;
    }
    const known = node.uses.find((use) => use.model === model && use.path === name);
    if (known !== undefined) known.as = 'linked';
    else node.uses.push({ model, path: name, as: 'file' });
    const file = files.get(name);
    if (file !== undefined && this.#sharesBlocks(file, stats)) node.isReflink = true;
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
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
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
