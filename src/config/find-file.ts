import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';

// Synchronous on purpose: a handful of stats at start-up, for which the thread pool costs more than it gives.

/** The first of `names` that is a file in `directory`, else in the nearest directory above that has one. */
export function findUpward(directory: string, names: readonly string[]): string | undefined {
  for (let current = directory; ; current = dirname(current)) {
    const found = names.map((name) => join(current, name)).find(isFile);
    if (found !== undefined || dirname(current) === current) return found;
  }
}

/** False also where it cannot be told: what cannot be looked at is not found. */
export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
