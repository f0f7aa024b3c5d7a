import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../domain/fs-error.ts';

/** From package.json beside the folder of the built CLI, or at the top of the source tree. */
export function packageVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    const { name, version } = JSON.parse(readIfThere(join(import.meta.dirname, place)) ?? '{}') as { name?: string; version?: string };
    if (name === 'wan-models' && version !== undefined) return version;
  }
  throw new Error('package.json of wan-models is not where it belongs');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
