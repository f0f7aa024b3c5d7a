/** `lock` and `update`: writes the lockfile. Without `update` nothing that is pinned moves. */
import { asModelError, type ErrorDocument, isModelError, ModelError } from '../domain/errors.ts';
import type { FileFacts, LockedPart, LockReport, NotDerived, SeenSource } from '../domain/lock-results.ts';
import { isAllMade } from '../registry/lock-owners.ts';
import { requestDigest } from '../registry/lock-view.ts';
import {
  EMPTY_LOCKFILE,
  fileKey,
  type LockEntry,
  type LockEntryBody,
  type Lockfile,
  lockfileText,
  sealEntry,
} from '../registry/lockfile.ts';
import { ModelRegistry } from '../registry/model-registry.ts';
import { type LockPart, type OpenedLock, openLock } from '../registry/open-lock.ts';
import { examineLockfile } from '../registry/read-lockfile.ts';
import { redactUrl } from '../util/redact-url.ts';
import type { LockOptions } from './api.ts';
import { compareFiles, type FileList } from './compare-files.ts';
import { lockDerived } from './lock-derived.ts';
import type { Orchestration } from './orchestration.ts';
import { dated, type Pinned, pinPart } from './pin-part.ts';
import { ReadMeter } from './read-meter.ts';
import type { Upstream } from './read-upstream.ts';
import { withPieceRoots } from './with-piece-roots.ts';
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
  const removed = isWhole ? ownerless(opened) : [];
  const pinned = await pinAll(work, { opened, chosen, options });
  const derived = await pinDerived(work, { opened, outcomes: pinned, removed, options });
  const outcomes = derived.map((outcome) => withRoots(work, outcome));
  const lockfile = merged(opened.lockfile, outcomes, removed);
  const text = checkedText(opened, lockfile);
  const isNothing = opened.lockBytes === undefined && lockfile.models.size + lockfile.components.size === 0;
  const written = !isNothing && (await replaceFile({ path: opened.lockPath, before: opened.lockBytes, text }));
  const parts = [...outcomes.flatMap((outcome) => ('pinned' in outcome ? reportsOf(outcome) : [])), ...removed.map(({ part }) => part)];
  const failed = outcomes.flatMap((outcome) => ('error' in outcome ? [{ id: outcome.part.owner.id, error: outcome.error }] : []));
  return {
    lockfilePath: opened.lockPath,
    written,
    parts,
    failed,
    notDerived: outcomes.flatMap((outcome) => ('notDerived' in outcome && outcome.notDerived !== undefined ? [outcome.notDerived] : [])),
    readBytes: outcomes.reduce((sum, outcome) => sum + ('pinned' in outcome ? outcome.pinned.readBytes : 0), 0),
  };
}

interface Done {
  readonly part: LockPart;
  readonly pinned: Pinned;
  readonly isKept: boolean;
  readonly notDerived?: NotDerived;
}
type Outcome = Done | { readonly part: LockPart; readonly error: ErrorDocument };

/** One after the other: within each, files are asked for in parallel. */
async function pinAll(work: Orchestration, { opened, chosen, options }: Omit<LockRun, 'isWhole'>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const { update = false, read = true, signal = new AbortController().signal, offline = work.settings.offline } = options;
  await using opener = await work.freshSources(offline, work.emitter(options));
  for (const part of chosen) {
    const { entry } = part;
    const isKept = !update && !part.isEdited && entry?.request === requestDigest(part.owner);
    try {
      const now = utcNow(work);
      if (isKept && entry !== undefined) {
        outcomes.push({ part, pinned: { entry, readBytes: 0 }, isKept });
        continue;
      }
      const meter = new ReadMeter(work.store.clock, work.emitter(options, part.owner.id));
      const done: Done = { part, pinned: withMade(part, await pinPart({ part, opener, update, read, signal, meter, now })), isKept: false };
      checkedText(opened, merged(EMPTY_LOCKFILE, [done], []));
      outcomes.push(done);
    } catch (error) {
      if (signal.aborted || !isModelError(error)) throw asModelError(error);
      outcomes.push({ part, error: error.toJSON() });
    }
  }
  return outcomes;
}

/** What was made stays pinned while its list is pinned anew; not where the list now has a file in its place. */
function withMade({ entry, isEdited }: LockPart, { entry: body, ...pinned }: Pinned): Pinned {
  const listed = new Set(body.files.map(({ path }) => path));
  const made = isEdited ? [] : (entry?.files.filter(({ path, derived }) => derived !== undefined && !listed.has(path)) ?? []);
  return { ...pinned, entry: { ...body, files: [...body.files, ...made] } };
}

interface DeriveRun extends Pick<LockRun, 'opened' | 'options'> {
  readonly outcomes: readonly Outcome[];
  readonly removed: readonly Removed[];
}

/** After all else: it counts what the lockfile now says of the inputs. */
async function pinDerived(work: Orchestration, { opened, outcomes, removed, options }: DeriveRun): Promise<readonly Outcome[]> {
  if (!outcomes.some(({ part }) => part.owner.derivation !== undefined)) return outcomes;
  const { manifestPath: path, manifestBytes: bytes, lockPath } = opened;
  const text = checkedText(opened, merged(opened.lockfile, outcomes, removed));
  const registry = await ModelRegistry.of({ path, bytes }, { path: lockPath, bytes: Buffer.from(text) });
  return outcomes.map((outcome) => {
    const { part } = outcome;
    if (!('pinned' in outcome) || part.owner.derivation === undefined) return outcome;
    const { entry } = outcome.pinned;
    const { files, notDerived } = lockDerived(work, { spec: registry.spec(part.owner.id), entry, update: options.update === true });
    const locked_at = utcNow(work);
    const pinned = { ...outcome.pinned, entry: dated(outcome, { ...entry, locked_at, files }) };
    return { part, pinned, isKept: false, ...(notDerived && { notDerived }) };
  });
}

function withRoots({ store }: Orchestration, outcome: Outcome): Outcome {
  if (!('pinned' in outcome)) return outcome;
  return { ...outcome, pinned: { ...outcome.pinned, entry: withPieceRoots(store, outcome.pinned.entry) } };
}

const utcNow = (work: Orchestration): string => new Date(work.store.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');

/** An entry that would say nothing. */
const isEmpty = ({ part: { owner }, pinned: { entry } }: Done): boolean => isAllMade(owner) && entry.files.length === 0;

interface Removed {
  readonly kind: 'models' | 'components';
  readonly id: string;
  readonly part: LockedPart;
}

function ownerless({ lockfile, parts }: OpenedLock): Removed[] {
  const owned = new Set(parts.map(({ owner }) => `${owner.kind}/${owner.id}`));
  return (['components', 'models'] as const).flatMap((kind) =>
    [...lockfile[kind]]
      .filter(([id]) => !owned.has(`${kind}/${id}`))
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
    if (isEmpty(outcome)) next[owner.kind].delete(owner.id);
    else next[owner.kind].set(owner.id, sealEntry(outcome.pinned.entry));
  }
  return next;
}

/** Whatever a source lists is as hostile as a manifest: what could not be read again is not written. */
export function checkedText({ lockPath: path, lockBytes }: OpenedLock, lockfile: Lockfile): string {
  const text = lockfileText(lockfile, lockBytes);
  const examined = examineLockfile({ path, bytes: Buffer.from(text) });
  if ('lockfile' in examined) return text;
  const [first] = examined.problems;
  // The line would be one of a file that nobody sees.
  const what = first?.message.replace(/, as on line \d+$/, '');
  throw new ModelError('PATH_UNSAFE', `a source lists what no model may hold: ${what}`, {
    ...(first && { reason: first.code }),
    hint: 'name the wanted files with allow_patterns, or list them in the manifest',
    details: { problems: examined.problems },
  });
}

function reportsOf(outcome: Done): LockedPart[] {
  if (!isEmpty(outcome)) return [reportOf(outcome)];
  const { owner, entry } = outcome.part;
  return entry === undefined ? [] : [removedPart(owner.kind, owner.id, entry)];
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

/** What sources can be asked for. */
export const fetchedOf = ({ files, ...entry }: LockEntryBody): FileList =>
  filesOf({ ...entry, files: files.filter(({ derived }) => derived === undefined) });

export const filesOf = ({ files }: LockEntryBody): FileList =>
  new Map(
    files.map(({ path, variants, size, sha256, etag, git_oid: gitOid }): [string, FileFacts] => [
      fileKey({ path, variants }),
      { sizeBytes: size, ...(sha256 && { sha256 }), ...(etag && { etag }), ...(gitOid && { gitOid }) },
    ]),
  );
