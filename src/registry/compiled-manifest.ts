/**
 * A manifest that has been found valid, in the form that is quick to open: what `list` shows first, each model's body apart,
 * parsed only when its spec is asked for. The cold path makes it from TOML, the warm path reads it from the cache.
 */
import type { Sha256 } from '../domain/digest.ts';
import type { ModelSummary } from '../domain/spec.ts';
import type { LockKey } from './lock-owners.ts';
import type { LockView } from './lock-view.ts';
import type { ManifestComponent, ManifestModel } from './manifest-schema.ts';

/** Start and end of a body. */
export type Slice = readonly [start: number, end: number];

export interface ManifestHead {
  readonly schemaVersion: number;
  readonly models: readonly ModelSummary[];
  /** Of `models`, in its order. */
  readonly modelSlices: readonly Slice[];
  readonly componentSlices: Readonly<Record<string, Slice>>;
  /** What the lockfile is worth, by {@link lockSlot}; only of entries that there are. */
  readonly lockSlices: Readonly<Record<string, Slice>>;
  /** sha256 of the lockfile's bytes; absent: there was none. */
  readonly lockDigest?: Sha256;
}

/** Name of an entry among all entries of a lockfile. */
export const lockSlot = ({ kind, id }: LockKey): string => `${kind}/${id}`;

export class CompiledManifest {
  readonly digest: Sha256;
  readonly head: ManifestHead;
  /** JSON bodies, one after the other. */
  readonly bodies: Buffer;

  constructor(digest: Sha256, head: ManifestHead, bodies: Buffer) {
    this.digest = digest;
    this.head = head;
    this.bodies = bodies;
  }

  model(index: number): ManifestModel {
    return this.#read(this.head.modelSlices[index]) as ManifestModel;
  }

  component(id: string): ManifestComponent | undefined {
    return Object.hasOwn(this.head.componentSlices, id) ? (this.#read(this.head.componentSlices[id]) as ManifestComponent) : undefined;
  }

  lock(key: LockKey): LockView | undefined {
    const slot = lockSlot(key);
    return Object.hasOwn(this.head.lockSlices, slot) ? (this.#read(this.head.lockSlices[slot]) as LockView) : undefined;
  }

  #read(slice: Slice | undefined): unknown {
    if (slice === undefined) throw new Error('no such body in the compiled manifest');
    return JSON.parse(this.bodies.toString('utf8', slice[0], slice[1]));
  }
}

/** Collects bodies and says where each one stands. */
export class BodyWriter {
  readonly #chunks: Buffer[] = [];
  #length = 0;

  add(body: unknown): Slice {
    const chunk = Buffer.from(JSON.stringify(body));
    this.#chunks.push(chunk);
    const start = this.#length;
    this.#length += chunk.length;
    return [start, this.#length];
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks, this.#length);
  }
}
