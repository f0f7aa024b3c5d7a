/** `export`: a model as files of somebody else, complete and proven, in one rename. */
import { lstatSync, statSync } from 'node:fs';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { asModelError, ModelError } from '../../domain/errors.ts';
import type { ExportedFile, ExportReport } from '../../domain/export-results.ts';
import { fsError, isErrno } from '../../domain/fs-error.ts';
import { syncDirectory } from '../../store/durable.ts';
import { hashFiles } from '../../transfer/hash-file.ts';
import { makeFolders } from '../../util/make-folders.ts';
import { mapLimit } from '../../util/map-limit.ts';
import type { ExportOptions } from '../api.ts';
import { beginOutward } from '../begin-outward.ts';
import type { Orchestration } from '../orchestration.ts';
import { type PublishedFile, pathOfBytes, publishedFiles } from '../published-files.ts';
import { resolveTarget } from '../target.ts';
import { inTheWay, openLockBeside } from '../unfinished-place.ts';
import { copyOut } from './copy-out.ts';
import { copyRun, type Exporting, reportOf } from './exporting.ts';

const FILES_AT_ONCE = 4;
/** In the folder while it is unfinished: files that are not whole. */
const UNFINISHED = '.wan-export';

export async function exportModel(work: Orchestration, modelId: string, options: ExportOptions): Promise<ExportReport> {
  const target = await resolveTarget(work, modelId, options);
  const files = publishedFiles(work, target, 'is exported');
  const path = resolve(options.to);
  if (work.store.resolver.contains(path)) throw insideRoot(path);
  const signal = options.signal ?? new AbortController().signal;
  const exporting: Exporting = { work, target, files, path, signal, options };
  // From here on no blob goes away under our hands.
  const intent = await beginOutward(work, { ref: `export ${target.label}`, digests: files.map(({ sha256 }) => sha256) }, options);
  try {
    if (options.layout === 'hf-cache') {
      const { exportToHfCache } = await import('./export-to-hf-cache.ts');
      return await exportToHfCache(exporting);
    }
    return (await foundComplete(exporting)) ?? (await writeLocked(exporting));
  } finally {
    await intent.end();
  }
}

/** This very model, and nothing else, is fine; an empty folder is none. @throws ModelError INVALID_INPUT for whatever else lies there */
async function foundComplete(exporting: Exporting): Promise<ExportReport | undefined> {
  const { path, files } = exporting;
  const names = await namesBelow(path);
  if (names === undefined || names.length === 0) return undefined;
  if (!(await isJustThis(exporting, path, names))) throw somethingElse(path);
  return reportOf(
    exporting,
    path,
    files.map(() => 'kept'),
  );
}

async function isJustThis({ files, signal }: Exporting, folder: string, names: readonly string[]): Promise<boolean> {
  const wanted = new Map(files.map((file) => [file.spec.path, file]));
  const isSame = names.length === files.length && names.every((name) => sizeOf(join(folder, name)) === wanted.get(name)?.sizeBytes);
  if (!isSame) return false;
  const hashed = await hashFiles(
    files.map(({ spec }) => join(folder, spec.path)),
    { signal },
  );
  return hashed.every(({ sha256 }, at) => sha256 === files[at]?.sha256);
}

const sizeOf = (path: string): number | undefined => {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true ? stats.size : undefined;
};

/** Of all that is no folder; undefined where there is nothing. */
async function namesBelow(folder: string): Promise<string[] | undefined> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
    return paths.map((path) => relative(folder, path).split(sep).join('/'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    if (isErrno(error, 'ENOTDIR')) throw somethingElse(folder);
    throw fsError(error, `list ${folder}`);
  }
}

async function writeLocked(exporting: Exporting): Promise<ExportReport> {
  const { path } = exporting;
  const staged = `${path}.partial`;
  try {
    await makeFolders(dirname(path));
  } catch (error) {
    throw fsError(error, `make the folder ${dirname(path)}`);
  }
  // Beside the folder, and removed under itself: that leaves no second owner.
  const lockPath = `${staged}.lock`;
  const lock = await openLockBeside(lockPath);
  if (lock === undefined) throw alreadyWritten(path);
  try {
    await requireOurs(exporting, staged);
    await makeUnfinished(staged);
    const ways = await copyAll(exporting, staged);
    await publish(exporting, staged);
    return reportOf(exporting, path, ways);
  } finally {
    await rm(lockPath, { force: true });
    lock.close();
  }
}

/**
 * An empty folder, one that an export has begun, or one that it was killed in right before its last rename: the model, whole, and nothing else.
 * Whatever else lies there is somebody's. @throws ModelError INVALID_INPUT
 */
async function requireOurs(exporting: Exporting, staged: string): Promise<void> {
  const stats = lstatSync(staged, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory()) throw inTheWay(staged);
  if (lstatSync(join(staged, UNFINISHED), { throwIfNoEntry: false })?.isDirectory() === true) return;
  const names = (await namesBelow(staged)) ?? [];
  if (names.length > 0 && !(await isJustThis(exporting, staged, names))) throw inTheWay(staged);
}

async function makeUnfinished(staged: string): Promise<void> {
  try {
    await makeFolders(join(staged, UNFINISHED));
  } catch (error) {
    throw fsError(error, `make the folder ${staged}`);
  }
}

async function copyAll(exporting: Exporting, staged: string): Promise<ExportedFile['way'][]> {
  const { work, target, files, signal, options } = exporting;
  await removeForeign(staged, files);
  const run = copyRun(exporting);
  const ways = await mapLimit(files, FILES_AT_ONCE, (file) =>
    copyOut(run, {
      sha256: file.sha256,
      sizeBytes: file.sizeBytes,
      source: pathOfBytes(work, target, file),
      // By its place: two paths with the same bytes are two files.
      temporary: join(staged, UNFINISHED, `${files.indexOf(file)}.${file.sha256}`),
      destination: join(staged, ...file.spec.path.split('/')),
      link: options.link ?? 'auto',
    }),
  );
  const failed = ways.find((way) => way?.status === 'rejected');
  if (failed?.status === 'rejected') throw asModelError(failed.reason);
  throwIfAborted(signal);
  return ways.map((way) => (way?.status === 'fulfilled' ? way.value : 'kept'));
}

const throwIfAborted = (signal: AbortSignal): void => {
  if (signal.aborted) throw asModelError(signal.reason);
};

/** What an earlier run staged of another state of the model. */
async function removeForeign(staged: string, files: readonly PublishedFile[]): Promise<void> {
  const wanted = new Set(files.map(({ spec }) => spec.path));
  const names = (await namesBelow(staged)) ?? [];
  for (const name of names) if (!wanted.has(name) && !name.startsWith(`${UNFINISHED}/`)) await rm(join(staged, name));
}

/** Every folder durable before the name that shows them. */
async function publish(exporting: Exporting, staged: string): Promise<void> {
  const { path } = exporting;
  if ((await foundComplete(exporting)) !== undefined) throw somethingElse(path);
  try {
    await rm(join(staged, UNFINISHED), { recursive: true });
    const entries = await readdir(staged, { recursive: true, withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) await syncDirectory(join(entry.parentPath, entry.name));
    await syncDirectory(staged);
    await rmdir(path).catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error;
    });
    await rename(staged, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    throw fsError(error, `move ${staged} to ${path}`);
  }
}

const somethingElse = (path: string): ModelError =>
  new ModelError('INVALID_INPUT', `${path} is there already, and is not just this model`, {
    reason: 'output_exists',
    hint: 'name a folder that is not there yet, or is empty',
    details: { path },
  });

const insideRoot = (path: string): ModelError =>
  new ModelError('INVALID_INPUT', `${basename(path)} would lie inside of MODELS_ROOT, where only the store writes`, {
    reason: 'output_in_root',
    hint: 'name a folder outside of it',
    details: { path },
  });

const alreadyWritten = (path: string): ModelError =>
  new ModelError('CONCURRENT_MODIFICATION', `another process writes ${path}`, {
    reason: 'output_locked',
    hint: 'wait for it, or name another folder',
    details: { path },
  });
