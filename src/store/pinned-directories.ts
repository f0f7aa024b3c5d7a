/** Which published directories are pinned. What cannot be read is kept: the mere name of a record counts. */
import { basename } from 'node:path';
import type { StoreContext } from './context.ts';
import { listNames } from './list-names.ts';

export function pinnedAmong({ resolver }: StoreContext, directories: readonly string[]): ReadonlySet<string> {
  const names = new Set(listNames(resolver.stateDir('pins')));
  const isPinned = (directory: string) => {
    const [family = '', ref = ''] = resolver.relative(directory).split('/');
    return names.has(basename(resolver.stateFile('pins', `${family}@${ref}`)));
  };
  return new Set(directories.filter(isPinned));
}
