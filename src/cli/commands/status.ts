import type { ModelStatus } from '../../domain/status.ts';
import { statusDataWire } from '../../wire/status-wire.ts';
import { failuresOf, type Tried, tryEach } from '../../wire/tried.ts';
import { chosenRefs, targetOptions } from '../chosen-refs.ts';
import type { Command, OptionSpec } from '../command.ts';
import { SELECTION_OPTIONS } from '../common-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { statusText } from '../render/status-text.ts';
import { endedWith, type Report } from '../report.ts';
import type { Session } from '../session.ts';

export const STATUS_OPTIONS: readonly OptionSpec[] = [
  { name: 'all', summary: 'every model of the manifest (the default)' },
  ...SELECTION_OPTIONS,
];

export const status: Command = {
  summary: 'Say which models are here, complete and proven',
  description:
    'Reads what is recorded on disk; never changes anything, never rehashes, opens no socket. Names what is missing or wrong, and how many bytes an ensure would move.',
  schema: 'wan.models.status/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: STATUS_OPTIONS,
  examples: [
    { command: 'wan models status', what: 'every model of the manifest' },
    { command: 'wan models status t2v-A14B@2.2.0 --variant bf16', what: 'one variant of one model' },
    { command: 'wan models status --json | jq -r \'.data.results[] | "\\(.ref) \\(.state)"\'', what: 'for programs' },
  ],
  exitStatuses: [3, 9],
  run: async (session, args) => statusReport(await statuses(session, args, 'wan models status')),
};

export async function statuses(session: Session, args: ParsedArgs, title: string): Promise<readonly Tried<ModelStatus>[]> {
  const refs = await chosenRefs(session, args, { title, noneMeansAll: true });
  const orchestrator = await session.orchestrator();
  return tryEach(refs, session.signal, (ref) => orchestrator.status(ref, targetOptions(session, args)));
}

export function statusReport(tried: readonly Tried<ModelStatus>[]): Report {
  return { wire: () => statusDataWire(tried), text: (screen) => statusText(screen, tried), ...endedWith(failuresOf(tried)) };
}
