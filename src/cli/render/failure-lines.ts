import type { ModelSource, SourceFailureNote } from '../../domain/results.ts';
import { secondOf } from '../../util/minute-of.ts';
import { mark, paint } from './paint.ts';
import type { Screen } from './screen.ts';

const NAMED_FILES = 2;

/** What is remembered against a source, files with the same failure in one line. */
export function failureLines(screen: Screen, { source, failures }: ModelSource): readonly string[] {
  const alike = Map.groupBy(failures, ({ file, code, reason }) => JSON.stringify([file === undefined, code, reason]));
  return [...alike.values()].map((notes) => `${mark(screen, 'soft')} ${source}${filesText(notes)}: ${noteText(screen, latest(notes))}`);
}

function filesText(notes: readonly SourceFailureNote[]): string {
  const files = notes.flatMap(({ file }) => file ?? []);
  if (files.length === 0) return '';
  const named = files.slice(0, NAMED_FILES).join(', ');
  return files.length > NAMED_FILES ? `, ${named} and ${files.length - NAMED_FILES} more` : `, ${named}`;
}

function noteText(screen: Screen, { code, reason, at, until }: SourceFailureNote): string {
  const what = reason ?? code;
  const order = until === undefined ? 'asked in its turn' : `the others come first until ${secondOf(until)}`;
  return `${what} at ${secondOf(at)}; ${paint(screen, 'dim', order)}`;
}

const latest = (notes: readonly SourceFailureNote[]): SourceFailureNote => notes.reduce((last, note) => (note.at > last.at ? note : last));
