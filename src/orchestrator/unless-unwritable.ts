import { isModelError, type ModelError } from '../domain/errors.ts';

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

export const isUnwritable = (error: unknown): error is ModelError =>
  isModelError(error, 'READ_ONLY') || isModelError(error, 'PERMISSION_DENIED') || isModelError(error, 'NO_SPACE');
