/** `local://relative`, `local:///absolute` and `file:///absolute` -> folders to look in. */
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelError } from '../../domain/errors.ts';

export interface LocalPlaces {
  /** Absolute folders that relative sources are looked up in, in order. */
  readonly localRoots: readonly string[];
  /** Absolute folder of the manifest: the last one looked in. */
  readonly manifestDir?: string | undefined;
}

/** In the order of precedence; the text of a `local://` URL is a path as it stands, nothing in it is decoded. */
export function foldersOf(url: string, { localRoots, manifestDir }: LocalPlaces): readonly string[] {
  if (/^file:/i.test(url)) return [fileFolder(url)];
  const path = url.replace(/^local:\/\//i, '');
  if (path.includes('\0')) throw invalid(url, 'it holds a NUL character');
  if (isAbsolute(path)) return [resolve(path)];
  if (path.split(/[\\/]/).includes('..')) throw invalid(url, 'it leads out of its folder with ".."');
  return [...localRoots, ...(manifestDir === undefined ? [] : [manifestDir])].map((root) => resolve(root, path));
}

function fileFolder(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw invalid(url, error instanceof Error ? error.message : String(error), error);
  }
}

function invalid(url: string, why: string, cause?: unknown): ModelError {
  return new ModelError('INVALID_CONFIG', `the source ${JSON.stringify(url)} cannot be used: ${why}`, {
    reason: 'url_malformed',
    hint: 'write local://folder, local:///absolute/folder or file:///absolute/folder',
    cause,
  });
}
