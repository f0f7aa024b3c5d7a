/**
 * Folders under `.trash`. On a full volume a folder cannot be made, and what would give back room could not begin: so empty ones are kept
 * ready in `.state/spare`, as many as a removal needs at once.
 */
import { rename } from 'node:fs/promises';
import { isModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { listNames } from './list-names.ts';

/** For the snapshot, and for its blobs. */
const SPARES = ['0', '1'];

/** @returns its path; durable */
export async function makeTrashFolder(context: StoreContext): Promise<string> {
  const path = context.resolver.trashDir(context.random.uuid());
  try {
    await makeDirectory(context, path);
  } catch (error) {
    if (!isModelError(error, 'NO_SPACE') || !(await takeSpare(context, path))) throw error;
  }
  return path;
}

async function takeSpare({ resolver }: StoreContext, path: string): Promise<boolean> {
  for (const name of listNames(resolver.stateDir('spare'))) {
    try {
      await rename(resolver.stateFile('spare', name), path);
      await syncDirectory(resolver.trashDir());
      return true;
    } catch (error) {
      // Another removal took it.
      if (!isErrno(error, 'ENOENT')) throw fsError(error, `take a spare folder for ${path}`);
    }
  }
  return false;
}

/** For the next removal; a volume that has no room for them now has it later. */
export async function keepSpareFolders(context: StoreContext): Promise<void> {
  const { resolver } = context;
  try {
    for (const path of [resolver.trashDir(), ...SPARES.map((name) => resolver.stateFile('spare', name))])
      await makeDirectory(context, path);
  } catch (error) {
    if (!isModelError(error, 'NO_SPACE')) throw error;
  }
}
