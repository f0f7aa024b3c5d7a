import type { LockedPart, LockReport, NotDerived } from '../../domain/lock-results.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { changeLines, seenText } from './change-lines.ts';
import { mark, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';

const VERDICTS: Readonly<Record<LockedPart['action'], Verdict>> = { kept: 'none', added: 'good', changed: 'soft', removed: 'soft' };

export function lockText(screen: Screen, report: LockReport): string {
  const { parts, lockfilePath, written, readBytes, notDerived } = report;
  const blocks = parts.filter(({ action }) => action !== 'kept').map((part) => partText(screen, part));
  const kept = parts.filter(({ action }) => action === 'kept').length;
  const read = readBytes === 0 ? '' : `; ${formatBytes(readBytes)} were read for digests that nobody publishes`;
  const last = `${written ? 'written' : 'nothing to write'}: ${lockfilePath} (${kept} kept${read})`;
  return [...blocks, ...notDerived.map(notDerivedText), last].join('\n');
}

function notDerivedText({ ref, reason, files }: NotDerived): string {
  const what = `note: ${ref}: ${files.length === 1 ? `${files[0]} is` : `${files.length} files are`} not pinned`;
  if (reason === 'inputs_unknown') return `${what}: no digest is known of what ${files.length === 1 ? 'it is' : 'they are'} made from`;
  return `${what}: not derived here yet: run \`wan models ensure ${ref}\`, then lock again`;
}

function partText(screen: Screen, part: LockedPart): string {
  const { id, action, fileCount, totalBytes, from, to, wasEdited } = part;
  const what = action === 'removed' ? '' : `, ${fileCount === 1 ? '1 file' : `${fileCount} files`}, ${formatBytes(totalBytes)}`;
  const head = `${mark(screen, VERDICTS[action])} ${paint(screen, 'bold', id)} ${action}${what}`;
  const moved = [from && `  was ${seenText(from, 'pinned')}`, to?.source && `  now ${seenText(to)}`].filter(
    (line) => line !== undefined && line !== '',
  );
  const edited = wasEdited ? ['  its entry had been edited by hand: it was not believed, and is made anew'] : [];
  const changes = action === 'changed' && !wasEdited ? changesOf(screen, part) : [];
  return [head, ...edited, ...(action === 'added' ? moved.slice(-1) : moved), ...changes].join('\n');
}

/** Sources, conditions or pieces of the same files may be noted anew. */
const changesOf = (screen: Screen, { changes }: LockedPart): readonly string[] =>
  changes.length > 0 ? changeLines(screen, changes) : ['  the same files: only what is noted beside them changed'];
