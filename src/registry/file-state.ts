import { statSync } from 'node:fs';

export const ABSENT = 'absent';

/** Another text for each state of a file that is edited while a process lives: what was made of it holds as long as this stays. */
export function fileState(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? ABSENT : `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}
