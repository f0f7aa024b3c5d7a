/** What became of single files, for people: sizes, and both digests where one is told. */
import type { FileChange, FileFacts, SeenSource } from '../../domain/lock-results.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { paint } from './paint.ts';
import type { Screen } from './screen.ts';

const MARKS = { added: '+', removed: '-', changed: '~' } as const;
/** Of a digest; enough to tell two apart. */
const SHOWN_DIGITS = 12;
/** Of one part; --json has them all. */
const SHOWN_FILES = 40;

export function changeLines(screen: Screen, changes: readonly FileChange[]): string[] {
  const lines = changes.slice(0, SHOWN_FILES).map(({ path, change, from, to }) => {
    return `  ${MARKS[change]} ${path}  ${paint(screen, 'dim', [from, to].flatMap((facts) => (facts ? [factsText(facts)] : [])).join(' -> '))}`;
  });
  const more = changes.length - SHOWN_FILES;
  return more > 0 ? [...lines, `  and ${more} more (see --json)`] : lines;
}

const factsText = ({ sizeBytes, sha256, gitOid, etag }: FileFacts): string =>
  `${formatBytes(sizeBytes)} ${nameOf({ sha256, gitOid, etag })}`.trimEnd();

function nameOf({ sha256, gitOid, etag }: { [Key in 'sha256' | 'gitOid' | 'etag']: string | undefined }): string {
  if (sha256 !== undefined) return `sha256 ${sha256.slice(0, SHOWN_DIGITS)}`;
  return gitOid === undefined ? (etag ?? '') : `git ${gitOid.slice(0, SHOWN_DIGITS)}`;
}

/** `hf://org/name c8c270b13ee0, pinned 2026-11-27` */
export function seenText({ source, revision, at }: SeenSource, verb = ''): string {
  const short = revision !== undefined && /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, SHOWN_DIGITS) : revision;
  const date = at === undefined ? '' : [verb, at.slice(0, 10)].filter(Boolean).join(' ');
  return [[source, short].filter(Boolean).join(' '), date].filter(Boolean).join(', ');
}
