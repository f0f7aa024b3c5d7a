import { HF_CACHE_SCHEME } from '../../domain/hf-cache-scheme.ts';
import { formatRef } from '../../domain/model-ref.ts';
import { countProofs } from '../../domain/proof.ts';
import type { EnsureResult } from '../../domain/results.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { type Tried, valuesOf } from '../../wire/tried.ts';
import { meaningLines } from './meaning-lines.ts';
import { judged, mark, paint } from './paint.ts';
import { proofText } from './proof-text.ts';
import type { Screen } from './screen.ts';
import type { Column } from './table.ts';
import { triedTable } from './tried-table.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'MODEL' },
  { title: 'STATE' },
  { title: 'SIZE', align: 'right' },
  { title: 'FETCHED', align: 'right' },
  { title: 'TIME', align: 'right' },
  { title: 'PROOF' },
  { title: 'PATH' },
];

const NAMED = 3;

/** A line a model with its proven path, then the sources that gave wrong bytes, or failed. */
export function ensureText(screen: Screen, tried: readonly Tried<EnsureResult>[]): string {
  const liars = valuesOf(tried).flatMap(({ ref, liars }) => liars.map((liar) => liarText(screen, formatRef(ref), liar)));
  const troubles = valuesOf(tried).flatMap((result) => troublesText(screen, result));
  const chosen = valuesOf(tried).flatMap(environmentText);
  const unproven = valuesOf(tried).flatMap((result) => unprovenText(screen, result));
  return [...triedTable(screen, COLUMNS, { tried, row }), ...meaningLines(tried), ...chosen, ...liars, ...troubles, ...unproven].join('\n');
}

const row = (screen: Screen, result: EnsureResult): readonly string[] => [
  mark(screen, 'good'),
  formatRef(result.ref),
  judged(screen, 'good', 'COMPLETE'),
  formatBytes(result.totalBytes),
  formatBytes(result.fetchedBytes),
  formatDuration(result.durationMs),
  proofText(result.proof, countProofs(result.files.map(({ proof }) => proof))),
  result.path,
];

/** Said where nobody named the variant and it is not the manifest's default either. */
function environmentText({ ref, variant, variantReason, environment }: EnsureResult): string[] {
  if (variantReason !== 'environment' || ref.variant === undefined) return [];
  return [`${variant} is what ${ref.modelId} takes in the environment ${environment}; --variant names another`];
}

/** Nobody publishes what they must hash to. */
function unprovenText(screen: Screen, { ref, files }: EnsureResult): string[] {
  const paths = files.filter(({ proof }) => proof === 'size-only').map(({ path }) => path);
  if (paths.length === 0) return [];
  return [`${paint(screen, 'yellow', 'only the size')} proves ${someOf(paths)} of ${formatRef(ref)}: name the sha256 in the manifest`];
}

const someOf = (all: readonly string[]): string =>
  all.length > NAMED ? `${all.slice(0, NAMED).join(', ')} and ${all.length - NAMED} more` : all.join(', ');

const liarText = (screen: Screen, ref: string, liar: string): string =>
  `${paint(screen, 'yellow', 'wrong bytes')} for ${ref} came from ${liar}: ${whatToDoWith(liar)}`;

const whatToDoWith = (liar: string): string =>
  liar.startsWith(`${HF_CACHE_SCHEME}://`)
    ? '`hf cache verify REPOSITORY` names the file to remove there'
    : 'correct or remove that source';

/** The model is complete all the same: one line, however many there were. */
function troublesText(screen: Screen, { ref, troubles }: EnsureResult): string[] {
  if (troubles.length === 0) return [];
  const told = troubles.map(({ source, code, reason, times }) => `${source} (${reason ?? code}${times > 1 ? `, ${times} times` : ''})`);
  return [`${paint(screen, 'yellow', 'passed over')} for ${formatRef(ref)}: ${someOf(told)}`];
}
