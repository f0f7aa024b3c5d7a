import type { GcPlan, GcReport } from '../../domain/gc.ts';
import type { GcOptions } from '../../orchestrator/api.ts';
import { gcFault } from '../../orchestrator/report-faults.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { gcWire } from '../../wire/gc-wire.ts';
import type { Command } from '../command.ts';
import { PROGRESS_OPTION } from '../common-options.ts';
import { confirmed } from '../confirm.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { gcText } from '../render/gc-text.ts';
import { screenOf } from '../render/screen.ts';
import type { Report } from '../report.ts';
import { resumeLine } from '../resume-line.ts';
import type { Session } from '../session.ts';
import { usageError } from '../usage-error.ts';
import { withProgress } from '../with-progress.ts';

export const gc: Command = {
  summary: 'Free space: remove what nobody counts on, and models by age, version or size',
  description:
    'Without a rule only what belongs to no model goes, and what max_model_age says. Models go longest unused first (ensure, path and exec are uses). What is pinned, in use by exec, open in a program (Linux), being downloaded, or counted on by another model stays. Models that the manifest does not name go by age or size only. A removed model stays in the trash for trash_ttl, where ensure takes it from without fetching a byte; with --free or --purge its bytes come back at once. Nothing is removed where manifest, lockfile or a record cannot be read.',
  schema: 'wan.models.gc/v1',
  options: [
    { name: 'max-size', value: 'SIZE', summary: 'until the models take no more than this, each byte counted once' },
    { name: 'free', value: 'SIZE', summary: 'until so much of the volume is free' },
    { name: 'older-than', value: 'TIME', summary: 'models not used for so long, for example 30d' },
    { name: 'keep-last', value: 'N', summary: 'of each model keep the N newest versions; beside another rule, those are spared' },
    { name: 'family', value: 'NAME', summary: 'only models of this family' },
    { name: 'purge', summary: 'give the bytes back at once, those in the trash too' },
    { name: 'quarantine', summary: 'also damaged files that were replaced' },
    { name: 'dry-run', summary: 'only show the plan; change nothing' },
    { name: 'yes', short: 'y', summary: 'do not ask' },
    PROGRESS_OPTION,
  ],
  examples: [
    { command: 'wan models gc --dry-run', what: 'what could go, and what stays for which reason' },
    { command: 'wan models gc --max-size 500G -y', what: 'for a nightly job' },
    { command: 'wan models gc --free 50G', what: 'room for something large' },
    { command: 'wan models gc --older-than 30d --keep-last 1', what: 'old versions that nobody uses' },
  ],
  exitStatuses: [6, 7, 9, 130, 143],
  run: async (session, args) => {
    const options = gcOptions(session, args);
    if (args.has('dry-run')) return reportOn(await (await session.orchestrator()).planGc(options));
    if (args.has('yes')) return collect(session, options);
    return ask(session, args, options);
  },
};

function gcOptions(session: Session, args: ParsedArgs): GcOptions {
  const [maxSizeBytes, freeBytes] = [args.sizeBytes('max-size'), args.sizeBytes('free')];
  const olderThanMs = args.durationMs('older-than');
  const keepLast = args.count('keep-last');
  const family = args.text('family');
  return {
    signal: session.signal,
    ...(maxSizeBytes !== undefined && { maxSizeBytes }),
    ...(freeBytes !== undefined && { freeBytes }),
    ...(olderThanMs !== undefined && { olderThanMs }),
    ...(keepLast !== undefined && { keepLast }),
    ...(family !== undefined && { family }),
    ...(args.has('purge') && { purge: true }),
    ...(args.has('quarantine') && { quarantine: true }),
  };
}

/** Shows the plan, and does what was agreed to. */
async function ask(session: Session, args: ParsedArgs, options: GcOptions): Promise<Report> {
  const { io, noColor } = session;
  if (!io.stdin.isTTY || !io.stderr.isTTY || args.has('json')) {
    throw usageError(
      'missing_confirmation',
      'wan models gc removes files, and there is nobody to ask',
      `write \`${resumeLine(session.argv)} -y\`, or --dry-run to see what it would do`,
    );
  }
  const plan = await (await session.orchestrator()).planGc(options);
  const removed = plan.items.filter(({ action }) => action !== 'keep');
  if (removed.length === 0) return reportOn(plan);
  io.stderr.write(`${gcText(screenOf(io.stderr, { env: io.env, platform: io.platform, noColor }), plan)}\n\n`);
  if (!(await confirmed(session, `remove these, ${formatBytes(plan.removeBytes + plan.trashBytes)}?`)))
    return { text: () => 'nothing was removed' };
  return collect(session, options, plan);
}

async function collect(session: Session, options: GcOptions, plan?: GcPlan): Promise<Report> {
  const orchestrator = await session.orchestrator();
  const report = await withProgress(session, (onEvent) => orchestrator.gc({ ...options, ...(plan && { plan }), onEvent }));
  return reportOn(report);
}

function reportOn(plan: GcPlan | GcReport): Report {
  const error = 'reclaimedBytes' in plan ? gcFault(plan) : undefined;
  return { wire: () => gcWire(plan), text: (screen) => gcText(screen, plan), ...(error && { error }) };
}
