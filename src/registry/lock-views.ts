/** The lockfile while a manifest is compiled: each entry that somebody still owns becomes a view. */
import { hash } from 'node:crypto';
import { sha256Of } from '../domain/digest.ts';
import { type BodyWriter, lockSlot, type ManifestHead, type Slice } from './compiled-manifest.ts';
import type { LockKey, LockOwner } from './lock-owners.ts';
import { type LockView, viewOf } from './lock-view.ts';
import type { ManifestFile } from './manifest-file.ts';
import { type ReadLockfile, readLockfile } from './read-lockfile.ts';

export class LockViews {
  readonly #file: ManifestFile | undefined;
  readonly #read: ReadLockfile | undefined;
  readonly #edited: ReadonlySet<string>;
  readonly #bodies: BodyWriter;
  readonly #views = new Map<string, LockView>();
  readonly #slices: Record<string, Slice> = {};

  /** @throws ModelError LOCKFILE_STALE */
  constructor(file: ManifestFile | undefined, bodies: BodyWriter) {
    this.#file = file;
    this.#read = file === undefined ? undefined : readLockfile(file);
    this.#edited = new Set(this.#read?.edited.map(lockSlot));
    this.#bodies = bodies;
  }

  add(owners: readonly LockOwner[]): void {
    for (const owner of owners) {
      const entry = this.#read?.lockfile[owner.kind].get(owner.id);
      if (entry === undefined) continue;
      const slot = lockSlot(owner);
      const view = viewOf({ owner, entry, isEdited: this.#edited.has(slot) });
      this.#views.set(slot, view);
      this.#slices[slot] = this.#bodies.add(view);
    }
  }

  get(key: LockKey): LockView | undefined {
    return this.#views.get(lockSlot(key));
  }

  head(): Pick<ManifestHead, 'lockSlices' | 'lockDigest'> {
    const digest = this.#file && sha256Of(hash('sha256', this.#file.bytes, 'hex'));
    return { lockSlices: this.#slices, ...(digest && { lockDigest: digest }) };
  }
}
