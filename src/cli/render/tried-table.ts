import { hasFailed, type Tried } from '../../wire/tried.ts';
import { judged, mark } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

/** What is said where nothing was to be done. */
export const NO_MODELS = 'the manifest defines no models';

/** A line a model, one that failed with its code. Nothing where the only model failed: its error says all. */
export function triedTable<T>(
  screen: Screen,
  columns: readonly Column[],
  { tried, row }: { readonly tried: readonly Tried<T>[]; readonly row: (screen: Screen, value: T) => readonly string[] },
): readonly string[] {
  if (tried.length === 0) return [NO_MODELS];
  if (tried.length === 1 && tried.every(hasFailed)) return [];
  const rows = tried.map((one) => (hasFailed(one) ? failedRow(screen, one.ref, one.error.code) : row(screen, one.value)));
  return [table(screen, columns, rows)];
}

const failedRow = (screen: Screen, ref: string, code: string): readonly string[] => [mark(screen, 'bad'), ref, judged(screen, 'bad', code)];
