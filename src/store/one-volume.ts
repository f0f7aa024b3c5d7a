/** Whether files can be renamed between the folders of a store: what is mounted on one of them keeps every publication from its last step. */
import { lstatSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { StoreContext } from './context.ts';

/**
 * Asked before the first byte moves. Changes nothing.
 * @param folders absolute; those that are not there are no mounts
 * @throws ModelError FILESYSTEM_ERROR, reason other_volume
 */
export function requireOneVolume({ resolver, random }: StoreContext, folders: readonly string[]): void {
  const { dev } = lstatSync(resolver.root);
  const name = random.uuid();
  for (const folder of [resolver.tmpDir, dirname(resolver.blobsDir), resolver.blobsDir, resolver.trashDir(), ...folders]) {
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    if (stats.dev !== dev || !canRename(join(resolver.root, name), join(folder, name))) throw otherVolume(folder, resolver.root);
  }
}

/** Of a name that nobody has: Linux tells two mounts of one volume apart before it looks for it. */
function canRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    throw new Error(`${from} was there`);
  } catch (error) {
    if (isErrno(error, 'EXDEV')) return false;
    if (isErrno(error, 'ENOENT')) return true;
    throw fsError(error, `rename into ${to}`);
  }
}

const otherVolume = (folder: string, root: string): ModelError =>
  new ModelError(
    'FILESYSTEM_ERROR',
    `${folder} is mounted apart from ${root}: nothing can be renamed into it, and so no model be published`,
    {
      reason: 'other_volume',
      hint: 'mount the whole of MODELS_ROOT, or set MODELS_ROOT to a folder of that volume',
      details: { path: folder },
    },
  );
