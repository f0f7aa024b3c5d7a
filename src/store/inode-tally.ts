/** The inodes that a scan has met so far, each once, by whatever name it was met; and what holds it. */
import type { BigIntStats } from 'node:fs';
import type { ByteClass } from '../domain/disk-usage.ts';
import type { StoreContext } from './context.ts';
import { Ledger } from './ledger.ts';
import { type SnapshotFile, VERIFIED_FILE } from './snapshot-record.ts';
import { compareKeys, keyOfStats, lstatOrNothing, readStatKey } from './stat-key.ts';
import type { ScannedInode, Use } from './usage-types.ts';

/** The allocation unit of `stat`, whatever the volume's block size. */
const STAT_BLOCK_BYTES = 512;

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

export interface HeldDigests {
  /** By snapshots in the trash. */
  readonly trashed: ReadonlySet<string>;
  /** By an ensure at work. */
  readonly wanted: ReadonlySet<string>;
}

export class InodeTally {
  /** A snapshot without a readable record, in the trash too, may count on any blob. */
  isAnyUnreadable = false;
  readonly #context: StoreContext;
  readonly #held: HeldDigests;
  readonly #ledger: Ledger;
  /** Of each model the paths of its record; of a reflink with what is on record of it. Nothing else is kept: there may be many. */
  readonly #filesOf: Map<string, SnapshotFile | undefined>[] = [];
  readonly #usesOf = new Map<string, Use[]>();
  readonly #nodes = new Map<string, Node>();

  constructor(context: StoreContext, held: HeldDigests) {
    this.#context = context;
    this.#held = held;
    this.#ledger = new Ledger(context);
  }

  /** The files of the next model, as its record names them: before anything is met. */
  expect(files: readonly SnapshotFile[]): void {
    const model = this.#filesOf.length;
    this.#filesOf.push(new Map(files.map((file) => [file.path, file.reflinkOf === undefined ? undefined : file])));
    for (const { path, sha256 } of files) {
      const uses = this.#usesOf.get(sha256);
      const use: Use = { model, path, as: 'blob' };
      if (uses === undefined) this.#usesOf.set(sha256, [use]);
      else uses.push(use);
    }
  }

  /** What has all its names under the root is held by nothing else. */
  inodes(): ScannedInode[] {
    const nodes = [...this.#nodes.values()];
    for (const node of nodes) node.isKept ||= node.isFile && node.linkCount > node.nameCount;
    return nodes;
  }

  /** Something of the store, or of nobody. @returns whether it is there */
  place(path: string, place: ByteClass): boolean {
    const node = this.#met(path);
    if (node !== undefined) lower(node, place);
    return node !== undefined;
  }

  /** A model's own folder. @returns whether it is there */
  modelFolder(path: string, model: number): boolean {
    const node = this.#met(path);
    node?.uses.push({ model, as: 'own' });
    return node !== undefined;
  }

  #met(path: string): Node | undefined {
    const stats = lstatOrNothing(path);
    return stats && this.#node(stats);
  }

  /** Before the models' files: what one of them is the link of is known by then. */
  blob(path: string, name: string): void {
    const stats = lstatOrNothing(path);
    if (stats === undefined) return;
    const node = this.#node(stats);
    node.uses.push(...(this.#usesOf.get(name) ?? []));
    const [isTrashed, isWanted] = [this.#held.trashed.has(name), this.#held.wanted.has(name)];
    lower(node, isTrashed ? 'trash' : isWanted ? 'partial' : 'orphan');
    if (isTrashed || isWanted || this.isAnyUnreadable) node.isKept = true;
  }

  modelFile(path: string, model: number, name: string): void {
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

function lower(node: Node, place: ByteClass): void {
  if (PLACE_ORDER.indexOf(place) < PLACE_ORDER.indexOf(node.place)) node.place = place;
}
