/** Manifest and lockfile are written whole: beside themselves, synced, and renamed, under a lock of their own. */
import { readFileSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import { isErrno } from '../domain/fs-error.ts';
import { openStore } from '../store/open-store.ts';
import { writeFileAtomically } from '../store/write-file-atomically.ts';
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
  await writeFileAtomically(target, bytes, {
    check: () => {
      if (!isStill(target, before)) throw changedMeanwhile(path);
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
