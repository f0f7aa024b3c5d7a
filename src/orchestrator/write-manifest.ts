/** Manifest and lockfile are written whole: beside themselves, synced, and renamed, under a lock of their own. */
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { syncDirectory } from '../store/durable.ts';
import { openStore } from '../store/open-store.ts';
import type { CallOptions } from './api.ts';
import type { Orchestration } from './orchestration.ts';

/** One process of this root at a time reads both files, and writes them. */
export async function withManifestLock<Result>(
  work: Orchestration,
  options: CallOptions & { doing: string },
  act: () => Promise<Result>,
): Promise<Result> {
  await openStore(work.store);
  const lock = work.store.resolver.manifestLock(resolve(work.manifestPath));
  const emit = work.emitter(options, options.doing);
  const lease = await work.store.locks.acquire(lock, {
    timeoutMs: work.settings.lockTimeoutMs,
    doing: options.doing,
    ...(options.signal && { signal: options.signal }),
    onWait: ({ holder, waitedMs }) => emit({ type: 'lock.waiting', lock: lock.name, waitedMs, ...(holder && { holder }) }),
  });
  try {
    return await act();
  } finally {
    await lease.release();
  }
}

const ABANDONED_MS = 3_600_000;

export interface Replacement {
  readonly path: string;
  /** What it was made from; undefined: there was no file. */
  readonly before: Buffer | undefined;
  readonly text: string;
}

/**
 * A link is followed, so that it stays one; the mode stays what it was.
 * @returns whether anything was written: what is there already is left alone
 * @throws ModelError CONCURRENT_MODIFICATION where somebody else has written to it meanwhile
 */
export async function replaceFile({ path, before, text }: Replacement): Promise<boolean> {
  const bytes = Buffer.from(text);
  if (before?.equals(bytes)) return false;
  const target = statSync(path, { throwIfNoEntry: false }) === undefined ? path : await realpath(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    await writeSynced(temporary, bytes, statSync(target, { throwIfNoEntry: false })?.mode);
    if (!isStill(target, before)) throw changedMeanwhile(path);
    await rename(temporary, target);
    await syncDirectory(dirname(target));
    await removeAbandoned(dirname(target), basename(target));
    return true;
  } catch (error) {
    await rm(temporary, { force: true });
    throw fsError(error, `write ${path}`);
  }
}

/** What writers left that were killed before their rename; a living one is done in far less. */
async function removeAbandoned(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`.${name}.`) || !/\.[0-9a-f-]{36}\.tmp$/.test(entry)) continue;
    const path = join(folder, entry);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}

async function writeSynced(path: string, bytes: Buffer, mode: number | undefined): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  try {
    // Said outright: what `open` is told, the umask cuts.
    if (mode !== undefined) await handle.chmod(mode & 0o777);
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isStill(path: string, before: Buffer | undefined): boolean {
  try {
    const now = readFileSync(path);
    return before?.equals(now) === true;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    return before === undefined;
  }
}

const changedMeanwhile = (path: string): ModelError =>
  new ModelError('CONCURRENT_MODIFICATION', `${path} was written to by somebody else meanwhile: nothing was changed`, {
    details: { path },
  });
