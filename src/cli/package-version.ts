import { readFileSync } from 'node:fs';
import { isErrno } from '../domain/fs-error.ts';

/** From package.json beside the folder of the built CLI, or at the top of the source tree. */
export function packageVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    const { name, version } = JSON.parse(readIfThere(new URL(place, import.meta.url)) ?? '{}') as { name?: string; version?: string };
    if (name === 'wan-models' && version !== undefined) return version;
  }
  throw new Error('package.json of wan-models is not where it belongs');
}

function readIfThere(place: URL): string | undefined {
  try {
    return readFileSync(place, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
