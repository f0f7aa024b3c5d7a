/** A line of the audit log in words, as `wan audit show` has them, and which lines are meant. Pure. */
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { AuditLine, LogLine } from '../../api/wire.ts';

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

export const chooseLines = (lines: readonly AuditLine[], { search, onlyFailed }: LineChoice): readonly AuditLine[] => {
  const isFound = searched(search);
  return lines.filter((line) => {
    if (onlyFailed && line.outcome === 'ok') return false;
    return isFound(`${line.act} ${line.reference ?? ''} ${line.outcome} ${actorWords(line)} ${factWords(line)}`);
  });
};

export const chooseLogLines = (lines: readonly LogLine[], { search, onlyFailed }: LineChoice): readonly LogLine[] => {
  const isFound = searched(search);
  return lines.filter((line) => {
    if (onlyFailed && line.level !== 'ERROR' && line.level !== 'WARN') return false;
    return isFound(`${line.level} ${line.event} ${line.message} ${line.model_id ?? ''} ${line.correlation_id}`);
  });
};

/** Every word of it, in whatever order. */
function searched(search: string): (text: string) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => words.every((word) => text.toLowerCase().includes(word));
}
