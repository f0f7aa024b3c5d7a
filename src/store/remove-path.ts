import { rm } from 'node:fs/promises';
import { fsError } from '../domain/fs-error.ts';

/** Removes a file, or a folder with all that is in it; no error when there is none. */
export async function removePath(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw fsError(error, `remove ${path}`);
  }
}
