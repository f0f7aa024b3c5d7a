/** What the sources say of one part of a model now. No byte of a file is read. */
import { type FileSource, isRevisioned, type RemoteFile, type SourceRevision, type StorageBackend } from '../backends/backend.ts';
import { type Attempt, asModelError, ModelError } from '../domain/errors.ts';
import type { FileOrigin } from '../domain/spec.ts';
import type { LockOwner } from '../registry/lock-owners.ts';
import type { ManifestFile } from '../registry/manifest-schema.ts';
import { compileGlobs } from '../util/glob.ts';
import { mapLimit } from '../util/map-limit.ts';
import { redactUrl } from '../util/redact-url.ts';
import type { SourceOpener } from './orchestration.ts';

export interface UpstreamFile extends RemoteFile {
  /** In the part. */
  readonly path: string;
  /** As the manifest has it. */
  readonly variants?: readonly string[];
  readonly sizeBytes: number;
  /** Where it was seen, and where its bytes can be read. */
  readonly at: FileSource;
  readonly source: string;
}

export interface Upstream {
  /** As the manifest writes it; absent where every file has a URL of its own. */
  readonly source?: string;
  readonly revision?: SourceRevision;
  readonly files: readonly UpstreamFile[];
}

export interface UpstreamQuestion {
  readonly owner: LockOwner;
  readonly opener: SourceOpener;
  readonly signal: AbortSignal;
  /** Source -> the URL to ask in its place: the revision that is pinned. */
  readonly instead?: ReadonlyMap<string, string>;
}

const FILES_AT_ONCE = 8;

/** @throws ModelError of the source that failed most tellingly, with an attempt for each */
export function readUpstream(question: UpstreamQuestion): Promise<Upstream> {
  return question.owner.files === undefined ? listOpen(question) : statListed(question, question.owner.files);
}

/** The first source that has anything; folders of this machine last, for they may hold but a part of it. */
async function listOpen(question: UpstreamQuestion): Promise<Upstream> {
  const { owner, opener } = question;
  const attempts: Failure[] = [];
  for (const { source, path: prefix } of networkFirst(owner.places)) {
    try {
      const backend = opener.open(question.instead?.get(source) ?? source);
      const files = await listBackend(backend, { question, source, prefix });
      if (files.length > 0) return { source, ...(await revisionOf(backend, question.signal)), files };
      attempts.push({ source, error: nothingThere(backend, owner) });
    } catch (error) {
      if (question.signal.aborted) throw error;
      attempts.push({ source, error: asModelError(error) });
    }
  }
  throw cannotList(owner, attempts);
}

interface Listed {
  readonly question: UpstreamQuestion;
  readonly source: string;
  readonly prefix: string;
}

async function listBackend(backend: StorageBackend, { question, source, prefix }: Listed): Promise<UpstreamFile[]> {
  const { owner, signal } = question;
  const isWanted = owner.patterns.length === 0 ? () => true : compileGlobs(owner.patterns);
  const found: RemoteFile[] = [];
  for await (const file of backend.list(signal))
    if (file.path.startsWith(prefix) && isWanted(file.path.slice(prefix.length))) found.push(file);
  return inParallel(found, async (file) => {
    const at = { backend, path: file.path };
    return { ...(await fullFacts(at, file, signal)), path: file.path.slice(prefix.length), at, source };
  });
}

/** Some listings leave out what a question for the one file tells. */
async function fullFacts(
  { backend, path }: FileSource,
  listed: RemoteFile,
  signal: AbortSignal,
): Promise<RemoteFile & { sizeBytes: number }> {
  const isEnough = listed.sha256 !== undefined || listed.gitOid !== undefined || backend.host === undefined;
  const file = isEnough && listed.sizeBytes !== undefined ? listed : { ...listed, ...(await backend.stat(path, signal)) };
  const { sizeBytes } = file;
  if (sizeBytes === undefined) throw sizeUnknown(backend, path);
  return { ...file, sizeBytes };
}

async function statListed(question: UpstreamQuestion, files: readonly ManifestFile[]): Promise<Upstream> {
  const found = await inParallel(files, (file) => findFile(question, file));
  const seen = found.filter((file) => file !== undefined);
  const { owner, signal } = question;
  if (seen.length === 0 && files.some(({ optional }) => optional !== true)) throw nothingOf(owner);
  // The source that most of the part was seen at stands for it.
  const count = (source: string): number => seen.filter((file) => file.source === source).length;
  const [main] = owner.places.map(({ source }) => source).sort((a, b) => count(b) - count(a));
  const at = seen.find(({ source }) => source === main)?.at;
  return { ...(main !== undefined && at && { source: main, ...(await revisionOf(at.backend, signal)) }), files: seen };
}

/** Best: where its sha256 is published; else where it is found first. Undefined for an optional file that nobody has. */
async function findFile(question: UpstreamQuestion, file: ManifestFile): Promise<UpstreamFile | undefined> {
  const { owner, opener, signal, instead } = question;
  const failures: Failure[] = [];
  let first: UpstreamFile | undefined;
  const open = [
    ...(file.url === undefined ? [] : [{ source: file.url, at: () => ({ backend: opener.openFile(file.url ?? ''), path: '' }) }]),
    ...owner.places.map(({ source, path }) => ({
      source,
      at: () => ({ backend: opener.open(instead?.get(source) ?? source), path: path + file.path }),
    })),
  ];
  for (const { source, at: openAt } of open) {
    try {
      const at = openAt();
      const facts = await statSized(at, signal);
      const seen: UpstreamFile = { ...facts, path: file.path, ...(file.variants && { variants: file.variants }), at, source };
      if (seen.sha256 !== undefined) return seen;
      first ??= seen;
    } catch (error) {
      if (signal.aborted) throw error;
      failures.push({ source, error: asModelError(error) });
    }
  }
  if (first !== undefined) return first;
  if (failures.every(({ error }) => error.reason === 'not_found')) return undefined;
  throw cannotFind(owner, file.path, failures);
}

async function statSized({ backend, path }: FileSource, signal: AbortSignal): Promise<RemoteFile & { sizeBytes: number }> {
  const file = await backend.stat(path, signal);
  if (file.sizeBytes === undefined) throw sizeUnknown(backend, path);
  return { ...file, sizeBytes: file.sizeBytes };
}

async function revisionOf(backend: StorageBackend, signal: AbortSignal): Promise<Pick<Upstream, 'revision'>> {
  return isRevisioned(backend) ? { revision: await backend.revision(signal) } : {};
}

const isOfThisMachine = ({ source }: FileOrigin): boolean => /^(?:local|file):/.test(source);

const networkFirst = (places: readonly FileOrigin[]): readonly FileOrigin[] => [
  ...places.filter((place) => !isOfThisMachine(place)),
  ...places.filter(isOfThisMachine),
];

async function inParallel<Item, Result>(items: readonly Item[], act: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results = await mapLimit(items, FILES_AT_ONCE, act);
  return results.map((result) => {
    if (result.status === 'rejected') throw asModelError(result.reason);
    return result.value;
  });
}

interface Failure {
  readonly source: string;
  readonly error: ModelError;
}

const attemptsOf = (failures: readonly Failure[]): Attempt[] =>
  failures.map(({ source, error: { code, message } }) => ({ source: redactUrl(source), code, message }));

function cannotList({ id, places }: LockOwner, failures: readonly Failure[]): ModelError {
  const [telling] = failures.filter(({ error }) => error.reason !== 'not_found' && error.code !== 'NOT_IMPLEMENTED');
  const { error } = telling ?? failures[0] ?? { error: noPlaces(id) };
  const why = places.length <= 1 ? error.message : failures.map((failure) => failure.error.message).join('; ');
  return new ModelError(error.code, `no source of ${id} could be listed: ${why}`, {
    ...(error.reason !== undefined && { reason: error.reason }),
    hint: error.reason === 'list_unsupported' ? 'name its files in the manifest: this kind of source has no listing' : error.hint,
    attempts: attemptsOf(failures),
    cause: error,
    details: { model: id },
  });
}

function cannotFind({ id }: LockOwner, path: string, failures: readonly Failure[]): ModelError {
  const { error } = failures.find((failure) => failure.error.reason !== 'not_found') ?? { error: noPlaces(id) };
  return new ModelError(error.code, `${id}: no source told of ${path}: ${error.message}`, {
    ...(error.reason !== undefined && { reason: error.reason }),
    hint: error.hint,
    attempts: attemptsOf(failures),
    cause: error,
    details: { model: id, file: path },
  });
}

const noPlaces = (id: string): ModelError => new ModelError('SOURCE_UNAVAILABLE', `${id} has no source`, { reason: 'no_source' });

const nothingOf = ({ id }: LockOwner): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', `no source of ${id} has any of its files`, { reason: 'not_found', details: { model: id } });

const nothingThere = ({ label }: StorageBackend, { patterns }: LockOwner): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', `${label} has no file${patterns.length === 0 ? '' : ` that ${patterns.join(', ')} would match`}`, {
    reason: 'not_found',
    hint: `check the folder or prefix that the source names${patterns.length === 0 ? '' : ', and the patterns'}`,
  });

const sizeUnknown = ({ label }: StorageBackend, path: string): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', `${label} does not tell the size of ${path}`, { reason: 'size_unknown' });
