import type { AuditFault, AuditLine, AuditVerdict } from '../../domain/audit.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { secondOf } from '../../util/minute-of.ts';
import { judged, mark } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, properties, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'LINE', align: 'right' },
  { title: 'TIME' },
  { title: 'ACT' },
  { title: 'MODEL' },
  { title: 'OUTCOME' },
  { title: 'BY' },
  { title: 'FACTS', flows: true },
];

export function auditLinesText(screen: Screen, lines: readonly AuditLine[]): string {
  if (lines.length === 0) return 'nothing of the kind is on record';
  return table(
    screen,
    COLUMNS,
    lines.map((line) => row(screen, line)),
  );
}

const row = (screen: Screen, { seq, time, act, reference = '', outcome, actor, facts }: AuditLine): readonly string[] => [
  String(seq),
  secondOf(time),
  act,
  reference,
  outcome === 'ok' ? outcome : judged(screen, 'bad', outcome),
  `${actor.name === undefined ? '' : `${actor.name} through `}${actor.user}@${actor.host} (${actor.via})`,
  factsText(reference, facts),
];

/** What stands in a column of its own is not said again. */
const factsText = (reference: string, facts: AuditLine['facts']): string =>
  Object.entries(facts)
    .filter(([name, value]) => value !== '' && !(name === 'model' && value === reference))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

export function auditVerdictText(screen: Screen, verdict: AuditVerdict): string {
  const { ok, directory, files, lines, first, head, faults } = verdict;
  if (ok && lines === 0) return `${directory}: no line is here: nothing was on record yet, or all of it was removed`;
  const count = `${lines} ${lines === 1 ? 'line' : 'lines'} in ${files} ${files === 1 ? 'file' : 'files'}`;
  return [
    `${mark(screen, ok ? 'good' : 'bad')} ${directory}: ${count}${ok ? ', as they were written' : ''}`,
    ...faults.map((fault) => `  ${judged(screen, 'bad', placeOf(fault))}${fault.message}`),
    ...notes(verdict).map((note) => `  ${note}`),
    properties(screen, [
      ['first', first === undefined || first === 1 ? '' : String(first)],
      ['mark', head === undefined ? '' : `${head.seq}:${head.hash}`],
    ]),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

const placeOf = ({ file, line }: AuditFault): string => (file === undefined ? '' : `${file}:${line}: `);

function notes({ mended, tornBytes, unanchored, head }: AuditVerdict): string[] {
  return [
    ...(mended > 0 ? [`${mended} torn by writers that were killed, and told of by the next one`] : []),
    ...(tornBytes > 0 ? [`${formatBytes(tornBytes)} at the end of a line whose writer was killed: the next act tells of them`] : []),
    ...(unanchored > 0 && head !== undefined
      ? [`${unanchored} at the end not in head.json yet: their writer was killed; a cut there would not show`]
      : []),
  ];
}
