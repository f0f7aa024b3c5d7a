import type { OutdatedPart, OutdatedReport } from '../../domain/lock-results.ts';
import { changeLines, seenText } from './change-lines.ts';
import { judged, mark, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';
import { NO_MODELS } from './tried-table.ts';

const VERDICTS: Readonly<Record<OutdatedPart['state'], Verdict>> = {
  current: 'good',
  drift: 'bad',
  stale: 'soft',
  missing: 'soft',
  edited: 'bad',
};

const WORDS: Readonly<Record<OutdatedPart['state'], string>> = {
  current: 'is as it was pinned',
  drift: 'DRIFT: its source has changed under a name that is pinned',
  stale: 'was pinned for another manifest: `wan models lock`',
  missing: 'is not pinned: `wan models lock`',
  edited: 'has an entry that was edited by hand: take it back with git, or `wan models lock`',
};

export function outdatedText(screen: Screen, { parts }: OutdatedReport): string {
  if (parts.length === 0) return NO_MODELS;
  const drifts = parts.filter(({ state }) => state === 'drift');
  const next = drifts.length === 0 ? [] : ['', `what is pinned stays what it is; \`wan models update\` takes what the sources have now`];
  return [...parts.map((part) => partText(screen, part)), ...next].join('\n');
}

function partText(screen: Screen, { id, state, pinned, upstream, changes }: OutdatedPart): string {
  const verdict = VERDICTS[state];
  const head = `${mark(screen, verdict)} ${paint(screen, 'bold', id)} ${judged(screen, verdict, WORDS[state])}`;
  if (state !== 'drift') return head;
  const seen = [pinned && `  pinned ${seenText(pinned, 'on')}`, upstream && `  now    ${seenText(upstream, 'made on')}`];
  return [head, ...seen.filter((line) => line !== undefined), ...changeLines(screen, changes)].join('\n');
}
