import type { GcItem, GcKind, GcPlan, GcReport, GcTarget, InUseLook } from '../../domain/gc.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { minuteOf } from '../../util/minute-of.ts';
import { mark, paint, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [{ title: '' }, { title: 'MODEL' }, { title: 'FREES', align: 'right' }, { title: 'WHY', flows: true }];

const DEBRIS: Readonly<Record<Exclude<GcKind, 'model'>, readonly [one: string, many: string]>> = {
  blob: ['file that no model counts on', 'files that no model counts on'],
  partial: ['unfinished download', 'unfinished downloads'],
  staging: ['unfinished publication', 'unfinished publications'],
  record: ['unfinished record', 'unfinished records'],
  trash: ['removed model in the trash', 'removed models in the trash'],
  quarantine: ['damaged file that was replaced', 'damaged files that were replaced'],
};

const RULES: Readonly<Record<string, string>> = {
  older_than: '--older-than',
  max_age: 'max_model_age',
  keep_last: '--keep-last',
  max_size: '--max-size',
  free: 'room is needed',
};

/** A plan in the words of what would happen, a report in those of what did. */
export function gcText(screen: Screen, plan: GcPlan | GcReport): string {
  const isDone = 'reclaimedBytes' in plan;
  const of = (action: GcItem['action']): readonly GcItem[] => plan.items.filter((item) => item.action === action);
  const parts = [
    group(screen, isDone ? 'removed' : 'would be removed', of('remove'), 'bad'),
    group(screen, isDone ? 'moved to the trash' : 'would be moved to the trash', of('trash'), 'soft'),
    group(screen, isDone ? 'kept' : 'would be kept', of('keep'), 'none'),
    [...plan.targets.map(targetLine), ...(plan.items.length === 0 ? [] : inUseLine(plan.inUse))].join('\n'),
    sumLine(plan),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function sumLine(plan: GcPlan | GcReport): string {
  const isDone = 'reclaimedBytes' in plan;
  const expires = Math.min(
    ...plan.items.flatMap(({ action, expiresMs }) => (action === 'trash' && expiresMs !== undefined ? [expiresMs] : [])),
  );
  const later =
    plan.trashBytes === 0
      ? ''
      : `, ${formatBytes(plan.trashBytes)} ${isDone ? 'to be freed' : 'later,'} on ${minuteOf(new Date(expires).toISOString())} (now with --purge)`;
  const now = isDone ? `${formatBytes(plan.reclaimedBytes)} freed` : `${formatBytes(plan.removeBytes)} would be freed`;
  return `${now}${later}, ${formatBytes(plan.keepBytes)} of models kept`;
}

function group(screen: Screen, title: string, items: readonly GcItem[], verdict: Verdict): string {
  if (items.length === 0) return '';
  const models = items.filter(({ kind }) => kind === 'model');
  const rows = models.map(({ what, bytes, why, reason }) => [mark(screen, verdict), what, formatBytes(bytes), withRule(why, reason)]);
  const lines = [...(rows.length > 0 ? [table(screen, COLUMNS, rows)] : []), ...debrisLines(items)];
  return [paint(screen, 'bold', `${title}:`), ...lines].join('\n');
}

const withRule = (why: string, reason: string): string => (reason in RULES ? `${why} (${RULES[reason]})` : why);

/** Of each kind one line, by why they stay. */
function debrisLines(items: readonly GcItem[]): readonly string[] {
  const debris = items.filter((item): item is GcItem & { kind: keyof typeof DEBRIS } => item.kind !== 'model');
  const groups = Map.groupBy(debris, ({ kind, action, why }) => `${kind} ${action === 'keep' ? why : ''}`);
  return [...groups.values()].map((of) => {
    const [first] = of;
    if (first === undefined) return '';
    const words = DEBRIS[first.kind][of.length === 1 ? 0 : 1];
    const bytes = of.reduce((sum, item) => sum + item.bytes, 0);
    return `  ${of.length} ${words}, ${formatBytes(bytes)}${first.action === 'keep' ? `: ${first.why}` : ''}`;
  });
}

function targetLine({ kind, wantedBytes, reachedBytes, shortBytes }: GcTarget): string {
  const what = { max_size: 'size of the models', free: 'free on the volume', need: 'freed' }[kind];
  const verdict = shortBytes === 0 ? '' : `: ${formatBytes(shortBytes)} short, what else is here is held or not to go`;
  return `${what}: ${formatBytes(reachedBytes)} of ${formatBytes(wantedBytes)} asked for${verdict}`;
}

function inUseLine({ looked, hiddenProcesses }: InUseLook): readonly string[] {
  if (!looked) return ['who has files open was not looked at: this system does not tell'];
  if (hiddenProcesses === 0) return [];
  const programs = hiddenProcesses === 1 ? '1 program' : `${hiddenProcesses} programs`;
  return [`${programs} could not be looked into for open files: this user may not`];
}
