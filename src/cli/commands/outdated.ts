import { lockFault } from '../../orchestrator/report-faults.ts';
import { outdatedWire } from '../../wire/lock-report-wire.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-statuses.ts';
import { outdatedText } from '../render/outdated-text.ts';
import { withProgress } from '../with-progress.ts';

export const outdated: Command = {
  summary: 'Show what changed at the sources since it was pinned',
  description:
    'Changes nothing on disk. Sources are asked for their listings; of folders of this machine, files of the same size are read. Exit status 10 says that something is not as it was pinned, or not pinned.',
  schema: 'wan.models.outdated/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: [{ name: 'offline', summary: 'open no socket: only folders of this machine are asked' }],
  examples: [
    { command: 'wan models outdated', what: 'every model' },
    { command: 'wan models outdated --json | jq -r \'.data.parts[] | select(.state == "drift") | .id\'', what: 'only the names' },
  ],
  exitStatuses: [EXIT.notComplete, 3, 4, 8, 9, 130, 143],
  run: async (session, args) => {
    const orchestrator = await session.orchestrator();
    const options = { signal: session.signal, ...(args.has('offline') && { offline: true }) };
    const report = await withProgress(session, (onEvent) => orchestrator.outdated(args.operands, { ...options, onEvent }));
    const error = lockFault(report.failed);
    const isCurrent = report.parts.every(({ state }) => state === 'current');
    return {
      wire: () => outdatedWire(report),
      text: (screen) => outdatedText(screen, report),
      ...(error ? { error } : !isCurrent && { exitStatus: EXIT.notComplete }),
    };
  },
};
