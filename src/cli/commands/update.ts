import { lockFault } from '../../orchestrator/report-faults.ts';
import { lockReportWire } from '../../wire/lock-report-wire.ts';
import type { Command } from '../command.ts';
import { LOCK_OPTIONS, lockOptions } from '../lock-options.ts';
import { lockText } from '../render/lock-text.ts';
import { withProgress } from '../with-progress.ts';

export const update: Command = {
  summary: 'Pin what the sources have now in place of what was pinned',
  description: 'Shows every file that changes, with both digests. Nothing is downloaded to keep: the next ensure does that.',
  schema: 'wan.models.update/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: LOCK_OPTIONS,
  examples: [
    { command: 'wan models outdated', what: 'first see what would change' },
    { command: 'wan models update embedder@1.0.0', what: 'take the new revision of one model' },
  ],
  exitStatuses: [3, 4, 5, 7, 8, 9, 130, 143],
  run: async (session, args) => {
    const orchestrator = await session.orchestrator();
    const options = { ...lockOptions(session, args), update: true };
    const report = await withProgress(session, (onEvent) => orchestrator.lock(args.operands, { ...options, onEvent }));
    const error = lockFault(report.failed);
    return { wire: () => lockReportWire(report), text: (screen) => lockText(screen, report), ...(error && { error }) };
  },
};
