import { parseMoment } from '../../util/parse-moment.ts';
import { pinResultWire } from '../../wire/pin-wire.ts';
import { failuresOf, resultsWire, tryEach } from '../../wire/tried.ts';
import { chosenRefs, targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { PLACE_OPTIONS } from '../common-options.ts';
import type { ParsedArgs } from '../parsed-args.ts';
import { pinText } from '../render/pins-text.ts';
import { endedWith } from '../report.ts';
import { usageError } from '../usage-error.ts';

export const pin: Command = {
  summary: 'Keep models: neither gc nor rm removes them',
  description: 'A model may be pinned before it is here. A pin of before is replaced. `rm --force` removes a pinned model all the same.',
  schema: 'wan.models.pin/v1',
  operands: { name: 'REF', min: 1, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: [
    ...PLACE_OPTIONS,
    { name: 'until', value: 'WHEN', summary: 'only until then: a date such as 2026-12-31, or from now on 7d' },
    { name: 'reason', value: 'TEXT', summary: 'why, for whoever wants to remove it' },
  ],
  examples: [
    { command: 'wan models pin t2v-A14B@2.2.0 --reason "serves production"', what: 'until it is unpinned' },
    { command: 'wan models pin t2v-A14B@2.2.0@bf16 --until 7d', what: 'for a week' },
  ],
  exitStatuses: [3, 7, 9],
  run: async (session, args) => {
    const until = untilOf(args);
    const reason = args.text('reason');
    const refs = await chosenRefs(session, args, { title: 'wan models pin', noneMeansAll: false });
    const orchestrator = await session.orchestrator();
    const options = { ...targetOptions(session, args), ...(until && { until }), ...(reason !== undefined && { reason }) };
    const tried = await tryEach(refs, session.signal, (ref) => orchestrator.pinModel(ref, options));
    return {
      wire: () => ({ results: resultsWire(tried, pinResultWire) }),
      text: (screen) => pinText(screen, tried),
      ...endedWith(failuresOf(tried)),
    };
  },
};

function untilOf(args: ParsedArgs): Date | undefined {
  const text = args.text('until');
  if (text === undefined) return undefined;
  const now = Date.now();
  const ms = parseMoment(text, now);
  if (ms !== undefined && ms > now) return new Date(ms);
  const why = ms === undefined ? 'is no moment' : 'is over already';
  throw usageError(
    'invalid_value',
    `--until ${JSON.stringify(text)} ${why}`,
    'write a date to come such as 2026-12-31, or a duration such as 7d',
  );
}
