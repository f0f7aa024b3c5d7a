/** `bundle create`: models as one file, or as a folder of parts, for a machine that no network reaches. */
import { hash } from 'node:crypto';
import { readdirSync, statfsSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { encodeParts } from '../../backends/bundle/bundle-bytes.ts';
import { factsOf } from '../../backends/bundle/bundle-facts.ts';
import { encodeIndex } from '../../backends/bundle/bundle-index.ts';
import { bundleBytes, MAX_INDEX_BYTES, PARTS_NAME } from '../../backends/bundle/bundle-layout.ts';
import { type Bundle, openBundle } from '../../backends/bundle/open-bundle.ts';
import type { BundleCreated } from '../../domain/bundle-results.ts';
import { sha256Of } from '../../domain/digest.ts';
import { isModelError, ModelError } from '../../domain/errors.ts';
import { fsError } from '../../domain/fs-error.ts';
import { openLocked } from '../../locks/locked-file.ts';
import { syncDirectory } from '../../store/durable.ts';
import { openStore } from '../../store/open-store.ts';
import { hashFiles } from '../../transfer/hash-file.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { makeFolders } from '../../util/make-folders.ts';
import type { CreateBundleOptions } from '../api.ts';
import { beginOutward } from '../begin-outward.ts';
import type { Orchestration } from '../orchestration.ts';
import { ProgressMeter } from '../progress-meter.ts';
import { openLockBeside } from '../unfinished-place.ts';
import { type BundleContents, bundleContents } from './bundle-contents.ts';
import { BundleSink } from './bundle-sink.ts';
import { requireUnfinished } from './unfinished-bundle.ts';
import { writeBundle } from './write-bundle.ts';

export async function createBundle(work: Orchestration, modelIds: readonly string[], options: CreateBundleOptions): Promise<BundleCreated> {
  const path = resolve(options.out);
  const signal = options.signal ?? new AbortController().signal;
  const contents = await bundleContents(work, modelIds);
  const indexBytes = encodeIndex(contents.index);
  if (indexBytes.length > MAX_INDEX_BYTES) throw tooManyFiles(indexBytes.length);
  const creation = { work, contents, indexBytes, path, signal, options };
  const existing = await findExisting(creation);
  if (existing !== undefined) return { ...factsOf(existing), written: false, resumedBytes: 0 };
  await openStore(work.store);
  const digests = contents.index.blobs.map(({ sha256 }) => sha256);
  const intent = await beginOutward(work, { ref: `bundle ${basename(path)}`, digests }, options);
  try {
    const resumedBytes = await writeLocked(creation);
    return { ...factsOf(await openBundle(path, signal)), written: true, resumedBytes };
  } finally {
    await intent.end();
  }
}

interface Creation {
  readonly work: Orchestration;
  readonly contents: BundleContents;
  readonly indexBytes: Buffer;
  readonly path: string;
  readonly signal: AbortSignal;
  readonly options: CreateBundleOptions;
}

/** The same bundle, in whatever form; an empty folder is none. @throws ModelError INVALID_INPUT for anything else */
async function findExisting({ path, indexBytes, options, signal }: Creation): Promise<Bundle | undefined> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || (stats.isDirectory() && options.partBytes !== undefined && readdirSync(path).length === 0)) return undefined;
  const bundle = await openBundle(path, signal).catch((error: unknown) => {
    if (isModelError(error, 'FORMAT_INVALID')) return undefined;
    throw error;
  });
  if (bundle?.indexSha256 === hash('sha256', indexBytes)) return bundle;
  throw new ModelError('INVALID_INPUT', `${path} is there already, and is not this bundle`, {
    reason: 'output_exists',
    hint: 'name another place with --out, or remove what is there',
    details: { path },
  });
}

/** Beside its place, so that the last step is one rename. Its writer holds a lock on it: a dead one's is taken over. */
async function writeLocked(creation: Creation): Promise<number> {
  const { path, options } = creation;
  const { partBytes } = options;
  const staged = `${path}.partial`;
  // A folder's lock lies beside it: it is removed under itself, which leaves no second owner.
  const lockPath = partBytes === undefined ? staged : `${staged}.lock`;
  try {
    await makeFolders(dirname(path));
  } catch (error) {
    throw fsError(error, `make the folder ${dirname(path)}`);
  }
  const lock = lockPath === staged ? await openLocked(staged, { create: true }) : await openLockBeside(lockPath);
  if (lock === undefined) throw alreadyWritten(path);
  using _lock = lock;
  try {
    await requireUnfinished({ path: staged, ...(partBytes !== undefined && { partBytes }) });
    const resumed = await writeStaged(creation, staged);
    await publish(creation, staged);
    return resumed;
  } finally {
    if (lockPath !== staged) await rm(lockPath, { force: true });
  }
}

async function writeStaged(creation: Creation, staged: string): Promise<number> {
  const { work, contents, indexBytes, signal, options, path } = creation;
  const { index, published } = contents;
  const emit = work.emitter(options, basename(path));
  const meter = new ProgressMeter({ clock: work.store.clock, emit });
  const totalBytes = bundleBytes(indexBytes.length, index.blobs);
  const { partBytes } = options;
  const sink = await BundleSink.open({ path: staged, ...(partBytes !== undefined && { partBytes }) });
  try {
    const heldBytes = Math.min(sink.heldBytes, totalBytes);
    checkSpace(path, totalBytes - heldBytes);
    meter.expect(totalBytes);
    emit({ type: 'ensure.planned', totalBytes, heldBytes, fetchBytes: 0 });
    const resumed = await writeBundle({
      ...{ sink, index, indexBytes, signal },
      sourceOf: (sha256) => (work.blobs.state(sha256, 0) === 'absent' ? (published.get(sha256) ?? '') : work.blobs.path(sha256)),
      onDone: (bytes) => meter.held(bytes),
    });
    const parts = await sink.finish();
    if (partBytes !== undefined) await writeParts(creation, { staged, parts, partBytes });
    meter.tell(true);
    return Math.min(resumed, heldBytes);
  } catch (error) {
    throw fsError(error, `write ${staged}`, { hint: 'what was written is kept: run the same command again, and it goes on there' });
  } finally {
    await sink.close();
  }
}

interface WrittenParts {
  readonly staged: string;
  readonly parts: readonly string[];
  readonly partBytes: number;
}

/** Read back: what lies there is what the list says. */
async function writeParts({ indexBytes, signal }: Creation, { staged, parts, partBytes }: WrittenParts): Promise<void> {
  const hashed = await hashFiles(parts, { signal });
  const list = encodeParts({ indexSha256: sha256Of(hash('sha256', indexBytes)), partBytes, parts: hashed });
  const handle = await open(join(staged, PARTS_NAME), 'w');
  try {
    await handle.writeFile(list);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncDirectory(staged);
}

async function publish(creation: Creation, staged: string): Promise<void> {
  const { path } = creation;
  await findExisting(creation);
  try {
    await rename(staged, path);
  } catch (error) {
    throw fsError(error, `move ${staged} to ${path}`);
  }
  await syncDirectory(dirname(path));
}

function checkSpace(path: string, neededBytes: number): void {
  const stats = statfsSync(dirname(path));
  const available = stats.bavail * stats.bsize;
  if (neededBytes <= available) return;
  throw new ModelError(
    'NO_SPACE',
    `the bundle needs ${formatBytes(neededBytes)} more, and ${formatBytes(available)} are free at ${dirname(path)}`,
    {
      hint: 'free space there, or write it elsewhere with --out',
      details: { bytes_needed: neededBytes, bytes_available: available, shortfall: neededBytes - available, path: dirname(path) },
    },
  );
}

const alreadyWritten = (path: string): ModelError =>
  new ModelError('CONCURRENT_MODIFICATION', `another process writes ${path}`, {
    reason: 'output_locked',
    hint: 'wait for it, or name another place with --out',
    details: { path },
  });

const tooManyFiles = (bytes: number): ModelError =>
  new ModelError('INVALID_INPUT', `the index of this bundle would have ${formatBytes(bytes)}: more than ${formatBytes(MAX_INDEX_BYTES)}`, {
    reason: 'bundle_too_large',
    hint: 'make several bundles of fewer models each',
  });
