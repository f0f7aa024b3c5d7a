import { isModelError, type ModelError } from '../domain/errors.ts';

/** @returns the error of a root that cannot be written, where that was what stopped it */
export async function unlessReadOnly(write: () => Promise<void>): Promise<ModelError | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (isReadOnly(error)) return error;
    throw error;
  }
}

export const isReadOnly = (error: unknown): error is ModelError =>
  isModelError(error, 'READ_ONLY') || isModelError(error, 'PERMISSION_DENIED');
