/** Manifest and lockfile as the verbs that write them see them: parsed anew, with every part that can be pinned. */
import { compileManifest } from './compile-manifest.ts';
import type { CompiledManifest } from './compiled-manifest.ts';
import { type LockOwner, ownerOfComponent, ownersOfModel } from './lock-owners.ts';
import { EMPTY_LOCKFILE, type LockEntry, type Lockfile } from './lockfile.ts';
import { lockfilePath, readLockfileBytes, readManifestFile } from './manifest-file.ts';
import { mountedPlaces } from './mounted-places.ts';
import { readLockfile } from './read-lockfile.ts';

export interface OpenedLock {
  readonly manifestPath: string;
  readonly manifestBytes: Buffer;
  readonly lockPath: string;
  /** Undefined where there is no lockfile yet. */
  readonly lockBytes: Buffer | undefined;
  readonly lockfile: Lockfile;
  /** In the order of the manifest, components first. */
  readonly parts: readonly LockPart[];
  readonly modelIds: readonly string[];
}

export interface LockPart {
  readonly owner: LockOwner;
  /** Of a part of a model: its id. */
  readonly modelId?: string;
  /** Models whose directories hold the part. */
  readonly usedBy: readonly string[];
  readonly entry?: LockEntry;
  readonly isEdited: boolean;
}

/** @throws ModelError as ModelRegistry.load */
export function openLock(manifestPath: string): OpenedLock {
  const file = readManifestFile(manifestPath);
  const lock = readLockfileBytes(manifestPath);
  const compiled = compileManifest(file);
  const { lockfile, edited } = lock === undefined ? { lockfile: EMPTY_LOCKFILE, edited: [] } : readLockfile(lock);
  const known = (owner: LockOwner): Pick<LockPart, 'owner' | 'entry' | 'isEdited'> => {
    const entry = lockfile[owner.kind].get(owner.id);
    const isEdited = edited.some(({ kind, id }) => kind === owner.kind && id === owner.id);
    return { owner, isEdited, ...(entry !== undefined && { entry }) };
  };
  return {
    manifestPath: file.path,
    manifestBytes: file.bytes,
    lockPath: lockfilePath(file.path),
    lockBytes: lock?.bytes,
    lockfile,
    parts: ownersOf(compiled).map(({ owner, ...part }) => ({ ...known(owner), ...part })),
    modelIds: compiled.head.models.map(({ modelId }) => modelId),
  };
}

type Owned = Pick<LockPart, 'owner' | 'modelId' | 'usedBy'>;

function ownersOf(compiled: CompiledManifest): Owned[] {
  const models = compiled.head.models.map(({ modelId }, index) => ({ modelId, model: compiled.model(index) }));
  const places = mountedPlaces(models.map(({ model }) => model));
  const mounters = (id: string): string[] =>
    models
      .filter(({ model }) =>
        Object.values(model.mounts ?? {}).some((mount) => (typeof mount === 'string' ? mount : mount.component) === id),
      )
      .map(({ modelId }) => modelId);
  const components = Object.keys(compiled.head.componentSlices).flatMap((id) =>
    ownerOfComponent(id, compiled.component(id) ?? {}, places.get(id)).map((owner): Owned => ({ owner, usedBy: mounters(id) })),
  );
  const own = models.flatMap(({ modelId, model }) =>
    ownersOfModel(modelId, model).map((owner): Owned => ({ owner, modelId, usedBy: [modelId] })),
  );
  return [...components, ...own];
}
