import { formatRef } from '../../domain/model-ref.ts';
import { ModelState, type ModelStatus } from '../../domain/status.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { minuteOf } from '../../util/minute-of.ts';
import { type Tried, valuesOf } from '../../wire/tried.ts';
import { faultLines } from './fault-lines.ts';
import { meaningLines } from './meaning-lines.ts';
import { judged, mark, type Verdict } from './paint.ts';
import { proofText } from './proof-text.ts';
import type { Screen } from './screen.ts';
import type { Column } from './table.ts';
import { triedTable } from './tried-table.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'MODEL' },
  { title: 'STATE' },
  { title: 'FILES', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'NEEDED', align: 'right' },
  { title: 'PROOF' },
  { title: 'VERIFIED' },
  { title: 'PATH' },
];

const VERDICTS: Readonly<Record<ModelState, Verdict>> = {
  COMPLETE: 'good',
  VERIFYING: 'soft',
  PARTIAL: 'soft',
  NOT_PRESENT: 'none',
  CORRUPT: 'bad',
};

/** A line a model, then what is missing or wrong in those that have something on disk. */
export function statusText(screen: Screen, tried: readonly Tried<ModelStatus>[]): string {
  return [
    ...triedTable(screen, COLUMNS, { tried, row }),
    ...meaningLines(tried),
    ...valuesOf(tried).flatMap((status) => faultsOf(screen, status)),
  ].join('\n');
}

const row = (screen: Screen, status: ModelStatus): readonly string[] => [
  mark(screen, VERDICTS[status.state]),
  formatRef(status.ref),
  judged(screen, VERDICTS[status.state], stateText(status)),
  `${status.fileCount - status.missingFiles.length}/${status.fileCount}`,
  formatBytes(status.totalBytes),
  status.bytesNeeded === 0 ? '' : formatBytes(status.bytesNeeded),
  proofText(status.proof, status.proofs),
  status.verifiedAt === undefined ? '' : minuteOf(status.verifiedAt),
  status.path,
];

/** Where a copy lies that `ensure` would take, as long as it is not here. */
const stateText = ({ state, tier }: ModelStatus): string =>
  tier === undefined || state === ModelState.COMPLETE ? state : `${state} (in ${tier})`;

function faultsOf(screen: Screen, { ref, state, missingFiles, faultyFiles }: ModelStatus): readonly string[] {
  if (state === ModelState.NOT_PRESENT) return [];
  const faults = [
    ...faultyFiles.map(({ path, fault }) => ({ path, fault })),
    ...missingFiles
      .filter((path) => !faultyFiles.some((faulty) => faulty.path === path))
      .map((path) => ({ path, fault: 'missing' as const })),
  ];
  const lines = faultLines(screen, formatRef(ref), faults);
  return lines.length === 0 ? [] : [...lines, ...nextStep(state, formatRef(ref))];
}

function nextStep(state: ModelState, ref: string): readonly string[] {
  if (state === ModelState.CORRUPT) return [`  mend with \`wan models repair ${ref}\``];
  return state === ModelState.PARTIAL ? [`  complete with \`wan models ensure ${ref}\``] : [];
}
