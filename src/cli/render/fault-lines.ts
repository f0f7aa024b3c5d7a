import type { FileFault } from '../../domain/status.ts';
import { judged, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';

export interface Fault {
  readonly path: string;
  readonly fault: FileFault;
  /** Further words: what was expected and found. */
  readonly note?: string;
}

const FAULTS: Readonly<Record<FileFault, readonly [verdict: Verdict, words: string]>> = {
  missing: ['soft', 'is missing'],
  outdated: ['soft', 'is not what the manifest names now'],
  unproven: ['soft', 'is there, but nothing proves it'],
  size: ['bad', 'has the wrong size'],
  modified: ['bad', 'was written to since its proof'],
  digest: ['bad', 'holds other bytes'],
};

export const faultWords = (fault: FileFault): readonly [verdict: Verdict, words: string] => FAULTS[fault];

const SHOWN = 10;

/** What is wrong in one model: a heading and at most ten lines. */
export function faultLines(screen: Screen, ref: string, faults: readonly Fault[]): readonly string[] {
  if (faults.length === 0) return [];
  const more = faults.length > SHOWN ? [`  and ${faults.length - SHOWN} more (--json names them all)`] : [];
  return ['', paint(screen, 'bold', ref), ...faults.slice(0, SHOWN).map((fault) => faultLine(screen, fault)), ...more];
}

function faultLine(screen: Screen, { path, fault, note }: Fault): string {
  const [verdict, words] = FAULTS[fault];
  return `  ${path} ${judged(screen, verdict, words)}${note === undefined ? '' : ` (${note})`}`;
}
