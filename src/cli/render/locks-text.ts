import { formatDuration } from '../../util/format-duration.ts';
import type { LockEntry } from '../../wire/lock-wire.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'LOCK' },
  { title: 'HELD BY' },
  { title: 'DOING' },
  { title: 'DONE', align: 'right' },
  { title: 'FOR', align: 'right' },
];

/** @param nowMs wall clock, for how long each has been held. */
export function locksText(screen: Screen, locks: readonly LockEntry[], nowMs: number): string {
  if (locks.length === 0) return 'no lock is held';
  return table(
    screen,
    COLUMNS,
    locks.map((lock) => row(lock, nowMs)),
  );
}

function row({ path, held, holder }: LockEntry, nowMs: number): readonly string[] {
  if (holder === undefined) return [path, held ? 'a process that has not said who it is' : 'nobody'];
  const { pid, host, doing, doneBytes, totalBytes, since } = holder;
  const percent = doneBytes === undefined || !totalBytes ? '' : `${Math.floor((100 * doneBytes) / totalBytes)} %`;
  return [path, `pid ${pid} on ${host}`, doing, percent, formatDuration(Math.max(0, nowMs - Date.parse(since)))];
}
