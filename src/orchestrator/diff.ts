/** `diff`: two revisions or variants, file by file, and the bytes that would move from one to the other. Changes nothing on disk. */
import { ModelError } from '../domain/errors.ts';
import type { DiffReport, FileChange, FileFacts } from '../domain/lock-results.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { FileSpec, ModelSpec } from '../domain/spec.ts';
import { isAllMade } from '../registry/lock-owners.ts';
import { openLock } from '../registry/open-lock.ts';
import { filesOfVariant } from '../registry/variant-files.ts';
import { redactUrl } from '../util/redact-url.ts';
import type { SourcesCallOptions } from './api.ts';
import { chooseVariant } from './choose-variant.ts';
import { compareFiles, type FileList } from './compare-files.ts';
import { fetchedOf, filesOf } from './lock.ts';
import type { Orchestration } from './orchestration.ts';
import { factsOf, seenUpstream } from './outdated.ts';
import { readUpstream } from './read-upstream.ts';

/** @param to absent: what the sources of `from` have now, in place of what is pinned */
export async function diffModels(
  work: Orchestration,
  from: string,
  to: string | undefined,
  options: SourcesCallOptions = {},
): Promise<DiffReport> {
  const { signal = new AbortController().signal, offline = work.settings.offline } = options;
  await using opener = await work.freshSources(offline, work.emitter(options));
  const asked: Asked = { work, opener, signal };
  const left = isUrl(from) ? await sideOfSource(asked, from, new Map()) : await sideOfModel(asked, from);
  if (to === undefined && isUrl(from)) throw nothingToCompare(from);
  const right =
    to === undefined
      ? await sideOfSources(asked, from, left.files)
      : isUrl(to)
        ? await sideOfSource(asked, to, left.files)
        : await sideOfModel(asked, to);
  const changes = compareFiles(left.files, right.files);
  return {
    from: left.label,
    to: right.label,
    changes,
    fromBytes: bytesOf(left.files),
    toBytes: bytesOf(right.files),
    moveBytes: movedBytes(left, right, changes),
  };
}

interface Asked {
  readonly work: Orchestration;
  readonly opener: Awaited<ReturnType<Orchestration['freshSources']>>;
  readonly signal: AbortSignal;
}

interface Side {
  readonly label: string;
  readonly files: FileList;
  /** Path of a file that is made here -> what would move for it in its place. */
  readonly inputs?: ReadonlyMap<string, readonly FileFacts[]>;
}

const isUrl = (text: string): boolean => /^[a-z0-9]+:\/\//i.test(text);

async function sideOfModel({ work }: Asked, ref: string): Promise<Side> {
  const { spec } = chooseVariant(await work.registry(), ref, { environment: work.settings.environment });
  if (spec.filesOpen) throw notPinned(formatRef(spec.ref));
  const known = new Map(
    openLock(work.manifestPath)
      .parts.flatMap(({ entry }) => (entry === undefined ? [] : [...filesOf(entry).values()]))
      .flatMap((facts) => (facts.sha256 === undefined ? [] : [[facts.sha256, facts] as const])),
  );
  const files = spec.files.map(({ path, sizeBytes, sha256 }): [string, FileFacts] => [
    path,
    { ...(sha256 === undefined ? {} : known.get(sha256)), sizeBytes, ...(sha256 !== undefined && { sha256 }) },
  ]);
  const made = spec.files.flatMap(({ path, derive }): [string, FileFacts[]][] =>
    derive === undefined ? [] : [[path, derive.inputs.filter((input) => input.path === path).map(bareFacts)]],
  );
  return { label: formatRef(spec.ref), files: new Map(files), inputs: new Map(made) };
}

async function sideOfSource({ opener, signal }: Asked, source: string, other: FileList): Promise<Side> {
  const owner = { kind: 'models', id: redactUrl(source), places: [{ source, path: '' }], patterns: [] } as const;
  const upstream = await readUpstream({ owner, opener, signal });
  const revision = upstream.revision?.revision;
  const { files } = await factsOf(upstream, other, signal);
  return { label: `${redactUrl(source)}${revision === undefined ? '' : ` (${revision.slice(0, 12)})`}`, files };
}

/** Everything that the model's directory is made of, as its sources have it now. */
async function sideOfSources({ work, opener, signal }: Asked, ref: string, before: FileList): Promise<Side> {
  const { spec } = chooseVariant(await work.registry(), ref, { environment: work.settings.environment });
  const parts = openLock(work.manifestPath).parts.filter(({ owner }) => !isAllMade(owner) && spec.lock.some(({ id }) => id === owner.id));
  const files = new Map<string, FileFacts>();
  const seen: string[] = [];
  for (const { owner, entry } of parts) {
    const upstream = await readUpstream({ owner, opener, signal });
    const here = { ...upstream, files: ofVariant(spec, upstream.files) };
    const pinned = entry === undefined ? before : fetchedOf({ ...entry, files: ofVariant(spec, entry.files) });
    const facts = await factsOf(here, pinned, signal);
    for (const [path, fact] of facts.files) for (const at of pathsOf(spec, owner, path)) files.set(at, fact);
    const { source = '', revision = '' } = seenUpstream(upstream);
    seen.push(`${source}${revision === '' ? '' : ` (${revision.slice(0, 12)})`}`);
  }
  return { label: [...new Set(seen)].join(', ') || 'its sources', files };
}

/** Its directory has one file of a name: nothing else is needed to tell them apart. */
const ofVariant = <File extends { readonly path: string; readonly variants?: readonly string[] | undefined }>(
  { variant }: ModelSpec,
  files: readonly File[],
) => filesOfVariant(variant, files, []).map(({ variants: _, ...file }) => file);

/** A component's file stands where the model mounts it: known by a neighbour from the same component. */
function pathsOf(spec: ModelSpec, { kind, id }: { readonly kind: string; readonly id: string }, path: string): string[] {
  if (kind === 'models') return [path];
  const mounted = spec.files.filter((file) => file.mountedFrom === id);
  const exact = mounted.filter((file) => file.path === path || file.path.endsWith(`/${path}`)).map((file) => file.path);
  return exact.length > 0 ? exact : [`${id}/${path}`];
}

const bytesOf = (files: FileList): number => [...files.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/**
 * Content is moved once, whatever it is called; what `from` has under another name is not moved at all. What is made here moves
 * no byte itself, but what it is made from does; that stays where it was made before.
 */
function movedBytes(from: Side, to: Side, changes: readonly FileChange[]): number {
  const here = new Set([...from.files.values(), ...[...(from.inputs?.values() ?? [])].flat()].map(contentOf));
  const moved = new Map<string, number>();
  for (const { path, to: now } of changes) {
    if (now === undefined) continue;
    for (const facts of to.inputs?.get(path) ?? [now]) {
      const content = contentOf(facts) ?? path;
      if (!here.has(content)) moved.set(content, facts.sizeBytes);
    }
  }
  return [...moved.values()].reduce((sum, size) => sum + size, 0);
}

const bareFacts = ({ sizeBytes, sha256 }: FileSpec): FileFacts => ({ sizeBytes, ...(sha256 !== undefined && { sha256 }) });

const contentOf = ({ sha256, gitOid, etag }: FileFacts): string | undefined => sha256 ?? gitOid ?? etag;

const notPinned = (label: string): ModelError =>
  new ModelError('LOCKFILE_STALE', `${label} is not pinned: there is nothing to compare`, {
    reason: 'not_locked',
    details: { model: label },
  });

const nothingToCompare = (source: string): ModelError =>
  new ModelError('INVALID_INPUT', `nothing to compare ${redactUrl(source)} with`, {
    reason: 'missing_operand',
    hint: 'name a second source, or a model: its pinned files are compared with what its sources have now',
  });
