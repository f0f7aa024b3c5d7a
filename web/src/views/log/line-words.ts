/** A line of the audit log in words, as `wan audit show` has them, and which lines are meant. Pure. */
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { AuditLine } from '../../api/wire.ts';

/** UTC, as it was written. */
export const momentWords = (time: string): string => `${time.slice(0, 19).replace('T', ' ')}Z`;

export const actorWords = ({ actor: { user, host, via, name } }: Pick<AuditLine, 'actor'>): string =>
  `${name === undefined ? '' : `${name} through `}${user}@${host} (${via})`;

/** What stands in a column of its own is not said again. */
export const factWords = ({ facts, reference }: Pick<AuditLine, 'facts' | 'reference'>): string =>
  Object.entries(facts)
    .filter(([name, value]) => value !== '' && !(name === 'model' && value === reference))
    .map(([name, value]) => `${name}=${typeof value === 'number' && name.includes('bytes') ? formatBytes(value) : String(value)}`)
    .join(' ');

export interface LineChoice {
  readonly search: string;
  readonly onlyFailed: boolean;
}

export function chooseLines(lines: readonly AuditLine[], { search, onlyFailed }: LineChoice): readonly AuditLine[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return lines.filter((line) => {
    if (onlyFailed && line.outcome === 'ok') return false;
    const text = `${line.act} ${line.reference ?? ''} ${line.outcome} ${actorWords(line)} ${factWords(line)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
