import { formatRef } from '../../domain/model-ref.ts';
import type { EnsurePlan, PlannedAction, PlannedComponent, PlannedFile } from '../../domain/results.ts';
import { fits, type SpaceVerdict } from '../../domain/space.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { type Tried, valuesOf } from '../../wire/tried.ts';
import { meaningLines } from './meaning-lines.ts';
import { judged, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';
import { spaceText } from './space-text.ts';
import { type Column, properties, table } from './table.ts';
import { NO_MODELS } from './tried-table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'FILE' },
  { title: 'ACTION' },
  { title: 'SIZE', align: 'right' },
  { title: 'TO FETCH', align: 'right' },
  { title: 'PROOF' },
  { title: 'OWN URL' },
];

const COMPONENT_COLUMNS: readonly Column[] = [
  { title: 'COMPONENT' },
  { title: 'FILES', align: 'right' },
  { title: 'BYTES', align: 'right' },
  { title: 'SHARED', align: 'right' },
  { title: 'SHARED WITH' },
  { title: 'FROM', flows: true },
];

const VERDICTS: Readonly<Record<PlannedAction, Verdict>> = {
  keep: 'good',
  link: 'good',
  copy: 'good',
  resume: 'soft',
  fetch: 'soft',
  make: 'soft',
  derive: 'soft',
};

/** For each model what would happen to each file that does not stay as it is, and the sums; then whether all of it fits. */
export function planText(screen: Screen, tried: readonly Tried<EnsurePlan>[], space: SpaceVerdict): string {
  if (tried.length === 0) return NO_MODELS;
  const plans = valuesOf(tried).map((plan) => onePlan(screen, plan));
  // Of one model, on a volume with room and without quotas, all has been said.
  const isSaid = plans.length < 2 && space.quotas.length === 0 && space.reservedBytes === 0 && space.secondCopyBytes === 0 && fits(space);
  return [...plans, ...meaningLines(tried), isSaid ? '' : spaceText(screen, space)].filter((block) => block !== '').join('\n\n');
}

function onePlan(screen: Screen, plan: EnsurePlan): string {
  const moving = plan.files.filter(({ action, verifyBytes }) => action !== 'keep' || verifyBytes > 0);
  const head = paint(screen, 'bold', formatRef(plan.ref));
  const rows = moving.map((file) => row(screen, file));
  const files = moving.length === 0 ? ['nothing to do: every file is here and proven', ''] : [table(screen, COLUMNS, rows), ''];
  return [head, ...files, ...componentsText(screen, plan), sums(screen, plan)].join('\n');
}

/** In bytes to the last one: this is where a manifest is compared with what its authors published. */
function componentsText(screen: Screen, { components, sources }: EnsurePlan): string[] {
  if (components.every(({ component }) => component === undefined)) return [];
  return [
    table(
      screen,
      COMPONENT_COLUMNS,
      components.map((one) => componentRow(one, sources)),
    ),
    '',
  ];
}

/** Where its files come from is said where that is not where the model does. */
const componentRow = (one: PlannedComponent, usual: readonly string[]): readonly string[] => [
  one.overlay === undefined ? (one.component ?? '(none)') : `+${one.overlay}`,
  String(one.fileCount),
  String(one.totalBytes),
  one.sharedBytes === 0 ? '' : String(one.sharedBytes),
  one.sharedWith.join(', '),
  one.sources.join(', ') === usual.join(', ') ? '' : one.sources.join(', '),
];

const row = (screen: Screen, { path, action, sizeBytes, proof, url, fault, ...bytes }: PlannedFile): readonly string[] => [
  path,
  actionText(screen, action, bytes.verifyBytes) + (fault === undefined || fault === 'missing' ? '' : ` (${fault})`),
  formatBytes(sizeBytes),
  fetchText(sizeBytes, bytes),
  proof,
  url ?? '',
];

const actionText = (screen: Screen, action: PlannedAction, verifyBytes: number): string =>
  verifyBytes === 0 ? judged(screen, VERDICTS[action], action) : judged(screen, 'soft', `verify, ${action}`);

function fetchText(sizeBytes: number, { fetchBytes, mayFetchBytes }: Pick<PlannedFile, 'fetchBytes' | 'mayFetchBytes'>): string {
  if (mayFetchBytes > 0) return `up to ${formatBytes(fetchBytes + mayFetchBytes)}`;
  // Of a whole file its size says as much.
  return fetchBytes === 0 || fetchBytes === sizeBytes ? '' : formatBytes(fetchBytes);
}

function sums(screen: Screen, plan: EnsurePlan): string {
  const short = plan.spaceNeededBytes > plan.freeBytes;
  return properties(screen, [
    ['variant', variantText(plan)],
    ['to fetch', formatBytes(plan.fetchBytes) + (plan.deriveBytes === 0 ? ` of ${formatBytes(plan.totalBytes)}` : '')],
    ['to verify', verifyText(plan)],
    ['to derive', plan.deriveBytes === 0 ? '' : `about ${formatBytes(plan.deriveBytes)}, of about ${formatBytes(plan.totalBytes)} in all`],
    ['to copy', plan.copyBytes === 0 ? '' : `${formatBytes(plan.copyBytes)}, out of the Hub cache or a tier`],
    ['to link', plan.linkBytes === 0 ? '' : formatBytes(plan.linkBytes)],
    ['needs', plan.spaceNeededBytes === 0 ? '' : neededText(screen, plan, short)],
    ['from', plan.sources.join(', ')],
    ['path', plan.path],
  ]);
}

function verifyText({ verifyBytes, mayFetchBytes }: EnsurePlan): string {
  if (verifyBytes === 0) return '';
  const more = mayFetchBytes === 0 ? '' : `: up to ${formatBytes(mayFetchBytes)} more to fetch, where they are wrong`;
  return `${formatBytes(verifyBytes)} here that nothing on record proves${more}`;
}

const variantText = ({ variant, variantReason, environment }: EnsurePlan): string =>
  variantReason === 'environment' ? `${variant}, which this model takes in the environment ${environment}` : variant;

function neededText(screen: Screen, { spaceNeededBytes, freeBytes }: EnsurePlan, short: boolean): string {
  const text = `${formatBytes(spaceNeededBytes)} of free space, margin included; there are ${formatBytes(freeBytes)}`;
  return short ? judged(screen, 'bad', `${text}: not enough`) : text;
}
