import type { EntryFile } from '../../domain/registry-entry.ts';

type Named = Pick<EntryFile, 'path' | 'sha256'>;

/** The same bytes under the same paths, in whatever order. */
export function sameFiles(one: readonly Named[], other: readonly Named[]): boolean {
  const lines = (files: readonly Named[]): string => JSON.stringify(files.map(({ path, sha256 }) => `${path} ${sha256}`).sort());
  return lines(one) === lines(other);
}
