import type { ModelError } from '../domain/errors.ts';
import { isUnwritable } from '../domain/fs-error.ts';

/** @returns the error of a root that cannot be written, or is full, where that was what stopped it */
export async function unlessUnwritable(write: () => Promise<void>): Promise<ModelError | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (isUnwritable(error)) return error;
    throw error;
  }
}
