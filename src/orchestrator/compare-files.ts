/** Two lists of files, path by path. Pure. */
import type { FileChange, FileFacts } from '../domain/lock-results.ts';

export type FileList = ReadonlyMap<string, FileFacts>;

/** In the order of paths. Where nothing tells two files of one size apart they count as the same. */
export function compareFiles(from: FileList, to: FileList): FileChange[] {
  const paths = [...new Set([...from.keys(), ...to.keys()])].sort();
  return paths.flatMap((path): FileChange[] => {
    const [old, now] = [from.get(path), to.get(path)];
    if (old === undefined) return now === undefined ? [] : [{ path, change: 'added', to: now }];
    if (now === undefined) return [{ path, change: 'removed', from: old }];
    return isSame(old, now) ? [] : [{ path, change: 'changed', from: old, to: now }];
  });
}

/** By the best that is known of both. */
function isSame(a: FileFacts, b: FileFacts): boolean {
  if (a.sizeBytes !== b.sizeBytes) return false;
  for (const key of ['sha256', 'gitOid', 'etag'] as const) if (a[key] !== undefined && b[key] !== undefined) return a[key] === b[key];
  return true;
}
