/** `lock` and `update`: writes the lockfile. Without `update` nothing that is pinned moves. */
import { asModelError, type ErrorDocument, isModelError, ModelError } from '../domain/errors.ts';
import type { FileFacts, LockedPart, LockReport, SeenSource } from '../domain/lock-results.ts';
import { requestDigest } from '../registry/lock-view.ts';
import { EMPTY_LOCKFILE, type LockEntry, type LockEntryBody, type Lockfile, lockfileText, sealEntry } from '../registry/lockfile.ts';
import { type LockPart, type OpenedLock, openLock } from '../registry/open-lock.ts';
import { examineLockfile } from '../registry/read-lockfile.ts';
import { redactUrl } from '../util/redact-url.ts';
import type { LockOptions } from './api.ts';
import { compareFiles, type FileList } from './compare-files.ts';
import type { Orchestration } from './orchestration.ts';
import { type Pinned, pinPart } from './pin-part.ts';
import type { Upstream } from './read-upstream.ts';
import { replaceFile, withManifestLock } from './write-manifest.ts';

export async function lockModels(work: Orchestration, refs: readonly string[], options: LockOptions = {}): Promise<LockReport> {
  const doing = options.update === true ? 'update the lockfile' : 'write the lockfile';
  const registry = await work.registry();
  const modelIds = refs.map((ref) => registry.resolve(ref).modelId);
  return withManifestLock(work, { ...options, doing }, async () => {
    const opened = openLock(work.manifestPath);
    const chosen = opened.parts.filter(({ usedBy }) => modelIds.length === 0 || usedBy.some((id) => modelIds.includes(id)));
    return lockParts(work, { opened, chosen, options, isWhole: modelIds.length === 0 });
  });
}

interface LockRun {
  readonly opened: OpenedLock;
  readonly chosen: readonly LockPart[];
  readonly options: LockOptions;
  /** Entries that no part of the manifest owns any more go. */
  readonly isWhole: boolean;
}

/** To be called under the manifest's lock. What could be pinned is written even where another part failed. */
async function lockParts(work: Orchestration, { opened, chosen, options, isWhole }: LockRun): Promise<LockReport> {
  const outcomes = await pinAll(work, { opened, chosen, options });
  const removed = isWhole ? ownerless(opened) : [];
  const lockfile = merged(opened.lockfile, outcomes, removed);
  const text = checkedText(opened, lockfile);
  const isNothing = opened.lockBytes === undefined && lockfile.models.size + lockfile.components.size === 0;
  const written = !isNothing && (await replaceFile({ path: opened.lockPath, before: opened.lockBytes, text }));
  const parts = [...outcomes.flatMap((outcome) => ('pinned' in outcome ? reportOf(outcome) : [])), ...removed.map(({ part }) => part)];
  const failed = outcomes.flatMap((outcome) => ('error' in outcome ? [{ id: outcome.part.owner.id, error: outcome.error }] : []));
  return {
    lockfilePath: opened.lockPath,
    written,
    parts,
    failed,
    readBytes: outcomes.reduce((sum, outcome) => sum + ('pinned' in outcome ? outcome.pinned.readBytes : 0), 0),
  };
}

interface Done {
  readonly part: LockPart;
  readonly pinned: Pinned;
  readonly isKept: boolean;
}
type Outcome = Done | { readonly part: LockPart; readonly error: ErrorDocument };

/** One after the other: within each, files are asked for in parallel. */
async function pinAll(work: Orchestration, { opened, chosen, options }: Omit<LockRun, 'isWhole'>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const { update = false, read = true, signal = new AbortController().signal, offline = work.settings.offline } = options;
  await using opener = await work.freshSources(offline);
  for (const part of chosen) {
    const { entry } = part;
    const isKept = !update && !part.isEdited && entry?.request === requestDigest(part.owner);
    try {
      const now = new Date(work.store.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
      const pinned = isKept && entry !== undefined ? { entry, readBytes: 0 } : await pinPart({ part, opener, update, read, signal, now });
      const done: Done = { part, pinned, isKept };
      if (!isKept) checkedText(opened, merged(EMPTY_LOCKFILE, [done], []));
      outcomes.push(done);
    } catch (error) {
      if (signal.aborted || !isModelError(error)) throw asModelError(error);
      outcomes.push({ part, error: error.toJSON() });
    }
  }
  return outcomes;
}

interface Removed {
  readonly kind: 'models' | 'components';
  readonly id: string;
  readonly part: LockedPart;
}

function ownerless({ lockfile, parts, derivedIds }: OpenedLock): Removed[] {
  const owned = new Set(parts.map(({ owner }) => `${owner.kind}/${owner.id}`));
  return (['components', 'models'] as const).flatMap((kind) =>
    [...lockfile[kind]]
      .filter(([id]) => !owned.has(`${kind}/${id}`) && !(kind === 'models' && derivedIds.has(id)))
      .map(([id, entry]) => ({ kind, id, part: removedPart(kind, id, entry) })),
  );
}

function removedPart(kind: 'models' | 'components', id: string, entry: LockEntry): LockedPart {
  const changes = compareFiles(filesOf(entry), new Map());
  const from = seenSource(entry);
  return { id, kind: kindOf(kind), action: 'removed', fileCount: 0, totalBytes: 0, from, changes, wasEdited: false };
}

function merged(lockfile: Lockfile, outcomes: readonly Outcome[], removed: readonly Removed[]): Lockfile {
  const next = { models: new Map(lockfile.models), components: new Map(lockfile.components) };
  for (const { kind, id } of removed) next[kind].delete(id);
  for (const outcome of outcomes) {
    if (!('pinned' in outcome)) continue;
    const { owner } = outcome.part;
    next[owner.kind].set(owner.id, sealEntry(outcome.pinned.entry));
  }
  return next;
}

/** Whatever a source lists is as hostile as a manifest: what could not be read again is not written. */
export function checkedText({ lockPath: path, lockBytes }: OpenedLock, lockfile: Lockfile): string {
  const text = lockfileText(lockfile, lockBytes);
  const examined = examineLockfile({ path, bytes: Buffer.from(text) });
  if ('lockfile' in examined) return text;
  const [first] = examined.problems;
  throw new ModelError('PATH_UNSAFE', `a source lists what no model may hold: ${first?.message}`, {
    ...(first && { reason: first.code }),
    hint: 'name the wanted files with allow_patterns, or list them in the manifest',
    details: { problems: examined.problems },
  });
}

function reportOf({ part: { owner, entry, isEdited }, pinned, isKept }: Done): LockedPart {
  const changes = compareFiles(entry === undefined || isEdited ? new Map() : filesOf(entry), filesOf(pinned.entry));
  const isSame = entry !== undefined && !isEdited && sealEntry(pinned.entry).digest === entry.digest;
  return {
    id: owner.id,
    kind: kindOf(owner.kind),
    action: isKept || isSame ? 'kept' : entry === undefined ? 'added' : 'changed',
    fileCount: pinned.entry.files.length,
    totalBytes: pinned.entry.files.reduce((sum, { size }) => sum + size, 0),
    ...(entry !== undefined && !isEdited && { from: seenSource(entry) }),
    to: { ...seenSource(pinned.entry), ...upstreamDate(pinned.upstream) },
    changes,
    wasEdited: isEdited,
  };
}

export const kindOf = (kind: 'models' | 'components'): 'model' | 'component' => (kind === 'models' ? 'model' : 'component');

const upstreamDate = (upstream: Upstream | undefined): { at?: string } =>
  upstream?.revision?.madeAt === undefined ? {} : { at: upstream.revision.madeAt };

export const seenSource = ({ source, revision, locked_at: at }: LockEntryBody): SeenSource => ({
  ...(source !== undefined && { source: redactUrl(source) }),
  ...(revision !== undefined && { revision }),
  at,
});

export const filesOf = ({ files }: LockEntryBody): FileList =>
  new Map(
    files.map(({ path, size, sha256, etag, git_oid: gitOid }): [string, FileFacts] => [
      path,
      { sizeBytes: size, ...(sha256 && { sha256 }), ...(etag && { etag }), ...(gitOid && { gitOid }) },
    ]),
  );
