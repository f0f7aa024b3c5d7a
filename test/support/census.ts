import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Every name under the root with size, mode, mtime and ctime. */
export function census(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { size, mode, mtimeNs, ctimeNs, ino } = lstatSync(path, { bigint: true });
      return [path, ino, size, mode, mtimeNs, ctimeNs].join(' ');
    })
    .sort();
}
