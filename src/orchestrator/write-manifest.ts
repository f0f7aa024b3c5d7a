/** Manifest and lockfile are written whole: beside themselves, synced, and renamed, under a lock of their own. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import { isErrno } from '../domain/fs-error.ts';
import type { LockPath } from '../resolver/model-resolver.ts';
import { openStore } from '../store/open-store.ts';
import { writeBeside } from '../store/write-beside.ts';
import type { CallOptions } from './api.ts';
import type { Orchestration } from './orchestration.ts';

type Doing = CallOptions & { readonly doing: string };

/** One process of this root at a time reads both files, and writes them. */
export const withManifestLock = <Result>(work: Orchestration, options: Doing, act: () => Promise<Result>): Promise<Result> =>
  withLock(work, { ...options, lock: work.store.resolver.manifestLock(resolve(work.manifestPath)) }, act);

/** As {@link withManifestLock}, of the registry. */
export const withEntriesLock = <Result>(work: Orchestration, options: Doing, act: () => Promise<Result>): Promise<Result> =>
  withLock(work, { ...options, lock: work.store.resolver.registryLock(work.entriesPath) }, act);

async function withLock<Result>(
  work: Orchestration,
  { lock, ...options }: Doing & { readonly lock: LockPath },
  act: () => Promise<Result>,
): Promise<Result> {
  await openStore(work.store);
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
  await writeBeside(path, {
    write: (handle) => handle.writeFile(bytes),
    beforeRename: () => {
      if (!isStill(path, before)) throw changedMeanwhile(path);
    },
  });
  return true;
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
