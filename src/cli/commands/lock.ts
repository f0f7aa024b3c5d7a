import { lockFault } from '../../orchestrator/report-faults.ts';
import { lockReportWire } from '../../wire/lock-report-wire.ts';
import type { Command } from '../command.ts';
import { LOCK_OPTIONS, lockOptions } from '../lock-options.ts';
import { lockText } from '../render/lock-text.ts';
import { withProgress } from '../with-progress.ts';

export const lock: Command = {
  summary: 'Pin what the manifest leaves open: write models.lock',
  description:
    'Beside the manifest, for the models named, or for all. What is pinned already stays as it is, and costs no request; a list that the manifest leaves open is listed from the first source that has one, and a digest that nobody publishes is found by reading the file. Commit the result.',
  schema: 'wan.models.lock/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: [{ name: 'update', summary: 'take what the sources have now for what is pinned (as `wan models update`)' }, ...LOCK_OPTIONS],
  examples: [
    { command: 'wan models lock', what: 'pin whatever is not pinned yet' },
    { command: 'wan models lock t2v-A14B@2.2.0', what: 'only this model, and what it mounts' },
    { command: 'wan models lock --offline', what: 'only what can be pinned without a network' },
  ],
  exitStatuses: [3, 4, 5, 7, 8, 9, 130, 143],
  run: async (session, args) => {
    const orchestrator = await session.orchestrator();
    const options = { ...lockOptions(session, args), update: args.has('update') };
    const report = await withProgress(session, (onEvent) => orchestrator.lock(args.operands, { ...options, onEvent }));
    const error = lockFault(report.failed);
    return { wire: () => lockReportWire(report), text: (screen) => lockText(screen, report), ...(error && { error }) };
  },
};
