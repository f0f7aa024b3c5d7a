/** `add`: a source becomes a model of the manifest, and is pinned. The manifest is written first: a lockfile alone means nothing. */
import type { StorageBackend } from '../backends/backend.ts';
import { isModelError, ModelError } from '../domain/errors.ts';
import type { AddReport } from '../domain/lock-results.ts';
import { isModelName, isModelVersion } from '../domain/model-ref.ts';
import { type ModelCard, readModelCard } from '../formats/model-card.ts';
import { examineManifest } from '../registry/compile-manifest.ts';
import { type TomlValue, withModel } from '../registry/edit-manifest.ts';
import { ownersOfModel } from '../registry/lock-owners.ts';
import { EMPTY_LOCKFILE, sealEntry } from '../registry/lockfile.ts';
import { lockfilePath, readLockfileBytes } from '../registry/manifest-file.ts';
import { formatProblem } from '../registry/manifest-problem.ts';
import type { ManifestModel } from '../registry/manifest-schema.ts';
import { type OpenedLock, openLock } from '../registry/open-lock.ts';
import { readLockfile } from '../registry/read-lockfile.ts';
import { DEFAULT_FAMILY } from '../registry/variant-files.ts';
import { redactUrl } from '../util/redact-url.ts';
import type { AddOptions } from './api.ts';
import { checkedText } from './lock.ts';
import type { Orchestration } from './orchestration.ts';
import { type Pinned, pinPart } from './pin-part.ts';
import { ReadMeter } from './read-meter.ts';
import type { Upstream } from './read-upstream.ts';
import { replaceFile, withManifestLock } from './write-manifest.ts';

export async function addModel(work: Orchestration, source: string, options: AddOptions = {}): Promise<AddReport> {
  const id = options.as === undefined ? idOfSource(source) : checkedId(options.as);
  return withManifestLock(work, { ...options, doing: `add ${id}` }, async () => {
    const opened = openOrEmpty(work.manifestPath);
    if (hasModel(opened, id)) throw alreadyThere(id, work.manifestPath);
    return addLocked(work, { id, source, options, opened });
  });
}

interface Adding {
  readonly id: string;
  readonly source: string;
  readonly options: AddOptions;
  readonly opened: OpenedLock;
}

async function addLocked(work: Orchestration, { id, source, options, opened }: Adding): Promise<AddReport> {
  const { signal = new AbortController().signal, offline = work.settings.offline, read = true } = options;
  const emit = work.emitter(options, id);
  await using opener = await work.freshSources(offline, emit);
  const place = await placeOf(source, (url) => opener.open(url), { options, signal });
  const [owner] = ownersOfModel(id, place as ManifestModel);
  if (owner === undefined) throw new Error('a model with sources has files to pin');
  const now = new Date(work.store.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const meter = new ReadMeter(work.store.clock, emit);
  const part = { owner, usedBy: [id], isEdited: false };
  const pinned = await pinPart({ part, opener, update: true, read, signal, meter, now });
  const card = await cardOf(pinned.upstream, signal);
  const facts = factsOf(source, options, card);
  const text = withModel(opened.manifestBytes.toString('utf8') || NEW_MANIFEST, id, { ...facts, ...place });
  refuseInvalid(work.manifestPath, text);
  const { lockfile } = opened;
  const models = new Map(lockfile.models).set(id, sealEntry(pinned.entry));
  const lockText = checkedText(opened, { ...lockfile, models });
  const isNew = opened.manifestBytes.length === 0;
  await replaceFile({ path: work.manifestPath, before: isNew ? undefined : opened.manifestBytes, text });
  await replaceFile({ path: opened.lockPath, before: opened.lockBytes, text: lockText });
  return { id, source: redactUrl(source), ...facts, ...sizesOf(pinned), manifestPath: work.manifestPath, lockfilePath: opened.lockPath };
}

function sizesOf({ entry, readBytes }: Pinned) {
  return {
    fileCount: entry.files.length,
    totalBytes: entry.files.reduce((sum, { size }) => sum + size, 0),
    readBytes,
    ...(entry.revision !== undefined && { revision: entry.revision }),
  };
}

const NEW_MANIFEST = 'schema_version = 1\n';

/** A manifest that is not there yet begins with its first model. */
export function openOrEmpty(manifestPath: string): OpenedLock {
  try {
    return openLock(manifestPath);
  } catch (error) {
    if (!isModelError(error, 'MISSING_MANIFEST')) throw error;
    return emptyLock(manifestPath);
  }
}

function emptyLock(manifestPath: string): OpenedLock {
  // A lockfile may be there all the same: the manifest was moved, or not checked out.
  const lock = readLockfileBytes(manifestPath);
  return {
    manifestPath,
    manifestBytes: Buffer.alloc(0),
    lockPath: lockfilePath(manifestPath),
    lockBytes: lock?.bytes,
    lockfile: lock === undefined ? EMPTY_LOCKFILE : readLockfile(lock).lockfile,
    parts: [],
    modelIds: [],
  };
}

const hasModel = ({ modelIds }: OpenedLock, id: string): boolean => modelIds.some((known) => known.toLowerCase() === id.toLowerCase());

interface Asked {
  readonly options: AddOptions;
  readonly signal: AbortSignal;
}

type Place = { readonly sources: { readonly [key: string]: TomlValue }; readonly files?: readonly TomlValue[] };

/** A web server has no listing: there the source is one file, by its URL. */
async function placeOf(source: string, open: (url: string) => StorageBackend, { options, signal }: Asked): Promise<Place> {
  const { include = [] } = options;
  const patterns = include.length === 0 ? {} : { allow_patterns: include };
  if (!/^https?:/i.test(source)) return { sources: { priority: [source], ...patterns } };
  const cut = source.lastIndexOf('/');
  const [base, path] = [source.slice(0, cut), decoded(source.slice(cut + 1))];
  if (path === undefined || path === '' || /[?#]/.test(source)) throw notOneFile(source);
  const { sizeBytes } = await open(base).stat(path, signal);
  if (sizeBytes === undefined) throw sizeUnknown(source);
  return { sources: { priority: [base] }, files: [{ path, size: sizeBytes }] };
}

/** Undefined for what is no name of one file: a lone `%`, an encoded `/`. */
function decoded(name: string): string | undefined {
  try {
    const path = decodeURIComponent(name);
    return path.includes('/') ? undefined : path;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function factsOf(source: string, { family = familyOf(source), type, license }: AddOptions, card: ModelCard) {
  const known = { ...card, ...(type !== undefined && { type }), ...(license !== undefined && { license }) };
  return { family, ...(known.type !== undefined && { type: known.type }), ...(known.license !== undefined && { license: known.license }) };
}

/** Texts that are longer tell nothing more. */
const CARD_BYTES = 256 * 1024;

/** What cannot be read tells nothing: a licence is shown, never made up. */
async function cardOf(upstream: Upstream | undefined, signal: AbortSignal): Promise<ModelCard> {
  const files = upstream?.files ?? [];
  const text = async (name: string): Promise<string | undefined> => {
    const at = files.find(({ path }) => path === name)?.at ?? siblingOf(files[0], name);
    return at === undefined ? undefined : readText(at, signal);
  };
  const [readme, config, modelIndex] = await Promise.all(['README.md', 'config.json', 'model_index.json'].map(text));
  const paths = files.map(({ path }) => path);
  return readModelCard({ paths, ...(readme && { readme }), ...(config && { config }), ...(modelIndex && { modelIndex }) });
}

/** `--include` may have left it out. */
const siblingOf = (file: Upstream['files'][number] | undefined, name: string) =>
  file === undefined || /^https?$/.test(file.at.backend.scheme) ? undefined : { backend: file.at.backend, path: name };

async function readText({ backend, path }: { backend: StorageBackend; path: string }, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { body } = await backend.open(path, { range: { offset: 0, length: CARD_BYTES }, signal });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= CARD_BYTES) break;
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (isModelError(error) && !signal.aborted) return undefined;
    throw error;
  }
}

/** `hf://org/name@v2.1.0` -> `name@2.1.0`; without a version in its revision 1.0.0. */
function idOfSource(source: string): string {
  const [, rest = ''] = /^[a-z0-9]+:\/\/(.*?)\/*$/i.exec(source) ?? [];
  const parts = rest.replace(/^(?:models|datasets|spaces)\//, '').split('/');
  const place = /^(?:hf|github):/i.test(source) ? (parts[1] ?? '') : (parts.at(-1) ?? '');
  const [name = '', revision = ''] = place.split('@');
  const clean = name
    .replace(/\.(?:safetensors|gguf|bin|pt|pth|onnx)$/i, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  const [, version = '1.0.0'] = /^v?(\d+\.\d+\.\d+)$/.exec(revision) ?? [];
  return checkedId(`${clean}@${version}`, source);
}

function checkedId(text: string, source?: string): string {
  const [name = '', version = '1.0.0', ...rest] = text.split('@');
  if (rest.length === 0 && isModelName(name) && isModelVersion(version)) return `${name}@${version}`;
  const what = source === undefined ? `${JSON.stringify(text)} is not a model id` : `${redactUrl(source)} gives no model id`;
  throw new ModelError('INVALID_MODEL_ID', what, { hint: 'name it with --as name@1.0.0' });
}

/** The organisation that a repository belongs to. */
function familyOf(source: string): string {
  const [, owner = ''] = /^(?:hf|github):\/\/(?:(?:models|datasets|spaces)\/)?([^/@]+)\//i.exec(source) ?? [];
  return isModelName(owner) ? owner : DEFAULT_FAMILY;
}

/** By the rules that every manifest must meet. */
function refuseInvalid(path: string, text: string): void {
  const examined = examineManifest({ path, bytes: Buffer.from(text) });
  if ('compiled' in examined) return;
  const [first] = examined.problems;
  throw new ModelError('INVALID_INPUT', `the manifest would not be valid: ${first === undefined ? '' : formatProblem(first)}`, {
    reason: first?.code ?? 'manifest_invalid',
    hint: 'correct what was asked for; nothing was written',
    details: { problems: examined.problems },
  });
}

const alreadyThere = (id: string, path: string): ModelError =>
  new ModelError('INVALID_INPUT', `${id} is in ${path} already`, {
    reason: 'model_exists',
    hint: 'give it another id with --as, write the source beside the others in its `sources`, or take a new revision with `wan models update`',
    details: { model: id },
  });

const notOneFile = (source: string): ModelError =>
  new ModelError('INVALID_INPUT', `${redactUrl(source)} is not the URL of one file without a query`, {
    reason: 'url_not_a_file',
    hint: 'a web server has no listing: write the URL of one file, https://host/folder/model.safetensors, or list the files in the manifest',
  });

const sizeUnknown = (source: string): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', `${redactUrl(source)}: the server does not tell its size`, { reason: 'size_unknown' });
