/** One part of a model -> its entry in the lockfile. What is pinned stays pinned, unless it is asked to be pinned anew. */
import { parseSha256 } from '../domain/digest.ts';
import { asModelError, ModelError } from '../domain/errors.ts';
import { requestDigest } from '../registry/lock-view.ts';
import { fileKey, type LockEntry, type LockEntryBody, type LockedFile, sealEntry } from '../registry/lockfile.ts';
import type { ManifestFile } from '../registry/manifest-schema.ts';
import type { LockPart } from '../registry/open-lock.ts';
import { mapLimit } from '../util/map-limit.ts';
import { hashUpstream } from './hash-upstream.ts';
import type { SourceOpener } from './orchestration.ts';
import type { ReadMeter } from './read-meter.ts';
import { readUpstream, type Upstream, type UpstreamFile } from './read-upstream.ts';
import { withRootsOf } from './with-piece-roots.ts';

export interface PinRequest {
  readonly part: LockPart;
  readonly opener: SourceOpener;
  /** Take what the source has now for what was pinned. */
  readonly update: boolean;
  /** Read files whose sha256 nobody publishes. */
  readonly read: boolean;
  readonly signal: AbortSignal;
  readonly meter: ReadMeter;
  readonly now: string;
}

export interface Pinned {
  readonly entry: LockEntryBody;
  readonly upstream?: Upstream;
  readonly readBytes: number;
}

/** Files that nobody publishes a digest of, read at once. */
const READS_AT_ONCE = 4;

export async function pinPart(request: PinRequest): Promise<Pinned> {
  const { owner } = request.part;
  const known = trusted(request);
  if (owner.files?.every(isPinnedByManifest)) return { entry: ofManifest(request, owner.files), readBytes: 0 };
  const upstream = await readUpstream({ owner, ...request, ...(known && { instead: pinnedUrls(known) }) });
  const pinned = await pinFiles(request, upstream, known);
  const { source, revision } = upstream;
  const entry: LockEntryBody = {
    request: requestDigest(owner),
    locked_at: request.now,
    ...(source !== undefined && { source }),
    ...(revision && { resolved: revision.url, revision: revision.revision }),
    files: pinned.files,
  };
  return { entry: dated(request, entry), upstream, readBytes: pinned.readBytes };
}

const isPinnedByManifest = ({ sha256 }: ManifestFile): boolean => sha256 !== undefined;

/** The entry that there is, where it may be believed and is not to be replaced. */
const trusted = ({ part, update }: PinRequest): LockEntry | undefined => (update || part.isEdited ? undefined : part.entry);

const pinnedUrls = ({ source, resolved }: LockEntry): ReadonlyMap<string, string> =>
  new Map(source !== undefined && resolved !== undefined ? [[source, resolved]] : []);

function ofManifest(request: PinRequest, files: readonly ManifestFile[]): LockEntryBody {
  const { part, now } = request;
  return dated(request, { request: requestDigest(part.owner), locked_at: now, files: files.map(manifestPin) });
}

function manifestPin({ path, size, variants, sha256 = '' }: ManifestFile): LockedFile {
  return { path, size, ...(variants && { variants }), sha256: parseSha256(sha256) ?? sha256, by: 'manifest' };
}

/** The date moves only with something else. */
export function dated({ part: { entry, isEdited } }: Pick<PinRequest, 'part'>, body: LockEntryBody): LockEntryBody {
  if (entry === undefined || isEdited) return body;
  const next = withRootsOf(entry, body);
  const same = { ...next, locked_at: entry.locked_at };
  return sealEntry(same).digest === entry.digest ? same : next;
}

interface PinnedFiles {
  readonly files: readonly LockedFile[];
  readonly readBytes: number;
}

async function pinFiles(request: PinRequest, upstream: Upstream, known: LockEntry | undefined): Promise<PinnedFiles> {
  const { owner } = request.part;
  const seen = new Map(upstream.files.map((file) => [fileKey(file), file]));
  const { entry, isEdited } = request.part;
  // What was edited vouches for nothing.
  const before = new Map((isEdited ? undefined : entry)?.files.map((file) => [fileKey(file), file]));
  const wanted: readonly ManifestFile[] = owner.files ?? upstream.files.map(({ path, sizeBytes }) => ({ path, size: sizeBytes }));
  const questions = wanted.map((file) => ({
    file,
    seen: seen.get(fileKey(file)),
    before: before.get(fileKey(file)),
    source: upstream.source,
  }));
  for (const question of questions) if (mustRead(request, question)) request.meter.expect(question.file.size);
  const results = await mapLimit(questions, READS_AT_ONCE, async (question) => {
    const { file } = question;
    if (file.sha256 !== undefined) return { file: manifestPin(file), readBytes: 0 };
    const pinned = await pinFile(request, question);
    if (known !== undefined) refuseMoved(request, known, question, pinned.file);
    return pinned;
  });
  const pins = results.map((result) => {
    if (result.status === 'rejected') throw asModelError(result.reason);
    return result.value;
  });
  return { files: pins.flatMap(({ file }) => file ?? []), readBytes: pins.reduce((sum, { readBytes }) => sum + readBytes, 0) };
}

interface FileQuestion {
  readonly file: ManifestFile;
  readonly seen: UpstreamFile | undefined;
  readonly before: LockedFile | undefined;
  /** Of the entry. */
  readonly source: string | undefined;
}

async function pinFile(request: PinRequest, question: FileQuestion): Promise<{ file?: LockedFile; readBytes: number }> {
  const { file, seen, before, source } = question;
  const { owner } = request.part;
  if (seen === undefined && file.optional === true) return { readBytes: 0 };
  if (seen === undefined) throw notThere(owner.id, file.path);
  if (seen.sizeBytes !== file.size) throw otherSize(owner.id, file, seen);
  const isElsewhere = seen.source !== source && owner.places.some((place) => place.source === seen.source);
  const facts = {
    path: file.path,
    size: file.size,
    ...(file.variants && { variants: file.variants }),
    ...etagOf(seen),
    ...(seen.gitOid !== undefined && { git_oid: seen.gitOid }),
    ...(isElsewhere && { source: seen.source }),
  };
  if (seen.sha256 !== undefined) return { file: { ...facts, sha256: seen.sha256, by: 'upstream' }, readBytes: 0 };
  if (before?.sha256 !== undefined && isSameThere(before, seen))
    return { file: { ...facts, sha256: before.sha256, by: 'bytes' }, readBytes: 0 };
  if (!mustRead(request, question)) return { file: { ...facts, by: 'upstream' }, readBytes: 0 };
  const { signal, meter } = request;
  const sha256 = await hashUpstream(seen, { signal, onRead: (bytes) => meter.read(bytes) });
  return { file: { ...facts, sha256, by: 'bytes' }, readBytes: seen.sizeBytes };
}

/** Whether nobody tells the digest, neither the manifest, nor the source, nor what was pinned. */
function mustRead({ read }: PinRequest, { file, seen, before }: FileQuestion): boolean {
  if (!read || seen === undefined || file.sha256 !== undefined || seen.sha256 !== undefined) return false;
  return before?.sha256 === undefined || !isSameThere(before, seen);
}

/** @throws ModelError DRIFT: what is pinned moves only where that was asked for */
function refuseMoved(
  { part }: PinRequest,
  { locked_at: at }: LockEntry,
  { before, seen }: FileQuestion,
  now: LockedFile | undefined,
): void {
  // A file that is listed now may take the place of one that was made here.
  if (before === undefined || now === undefined || before.derived !== undefined) return;
  const [was, is] = [before, now].map(({ sha256, git_oid: gitOid, etag }) => ({ sha256, gitOid, etag }));
  const isMoved = before.size !== now.size || (['sha256', 'gitOid', 'etag'] as const).some((key) => differ(was?.[key], is?.[key]));
  if (isMoved && !(before.sha256 !== undefined && before.sha256 === now.sha256)) throw moved(part.owner.id, { before, now, seen, at });
}

const differ = (one: string | undefined, other: string | undefined): boolean => one !== undefined && other !== undefined && one !== other;

/** Of this machine's files it is a time, which says nothing elsewhere. */
const etagOf = ({ validator, sha256, gitOid, at }: UpstreamFile): { etag?: string } =>
  validator === undefined || sha256 !== undefined || gitOid !== undefined || at.backend.host === undefined ? {} : { etag: validator };

/** Whether the source names the bytes as it did when they were read. */
function isSameThere(before: LockedFile, seen: UpstreamFile): boolean {
  if (before.size !== seen.sizeBytes) return false;
  if (before.git_oid !== undefined) return before.git_oid === seen.gitOid;
  return before.etag !== undefined && before.etag === etagOf(seen).etag;
}

interface Moved {
  readonly before: LockedFile;
  readonly now: LockedFile;
  readonly seen: UpstreamFile | undefined;
  readonly at: string;
}

function moved(id: string, { before, now, seen, at }: Moved): ModelError {
  const of = ({ sha256, git_oid: gitOid, etag, size }: LockedFile) => `${sha256 ?? gitOid ?? etag ?? 'no digest'}, ${size} bytes`;
  const where = seen === undefined ? '' : ` at ${seen.at.backend.label}`;
  return new ModelError('DRIFT', `${id}: ${before.path} is another file now${where}: ${of(now)}; pinned on ${at}: ${of(before)}`, {
    hint: `to take it: \`wan models update ${id}\``,
    details: { model: id, file: before.path, pinned: before.sha256, found: now.sha256, pinned_bytes: before.size, found_bytes: now.size },
  });
}

const notThere = (id: string, path: string): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', `${id}: no source has ${path}`, {
    reason: 'not_found',
    hint: 'check its path in the manifest, and the sources',
    details: { model: id, file: path },
  });

const otherSize = (id: string, { path, size }: ManifestFile, { sizeBytes, at }: UpstreamFile): ModelError =>
  new ModelError('SIZE_MISMATCH', `${id}: ${path} has ${sizeBytes} bytes at ${at.backend.label}, and ${size} in the manifest`, {
    hint: 'correct the size in the manifest, or pin the revision that it was taken from',
    details: { model: id, file: path, expected: size, found: sizeBytes },
  });
