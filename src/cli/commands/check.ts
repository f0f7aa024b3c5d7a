import { isAllComplete } from '../../wire/status-wire.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-statuses.ts';
import { STATUS_OPTIONS, statuses, statusReport } from './status.ts';

export const check: Command = {
  summary: 'As status, but exit status 10 unless every model is complete',
  schema: 'wan.models.check/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: STATUS_OPTIONS,
  examples: [
    { command: 'wan models check', what: 'is everything here?' },
    { command: 'wan models check t2v-A14B@2.2.0 --quiet || wan models ensure t2v-A14B@2.2.0', what: 'ensure only what is not' },
  ],
  exitStatuses: [EXIT.notComplete, 3, 9],
  run: async (session, args) => {
    const tried = await statuses(session, args, 'wan models check');
    const report = statusReport(tried);
    return report.error !== undefined || isAllComplete(tried) ? report : { ...report, exitStatus: EXIT.notComplete };
  },
};
