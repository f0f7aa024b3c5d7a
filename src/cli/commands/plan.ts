import { sum } from '../../util/sum.ts';
import { planWire } from '../../wire/ensure-wire.ts';
import { spaceWire } from '../../wire/space-wire.ts';
import { failuresOf, resultsWire, tryEach, valuesOf } from '../../wire/tried.ts';
import { chosenRefs } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { ENSURE_OPTIONS } from '../common-options.ts';
import { ensureOptions, presignedMap } from '../ensure-options.ts';
import { planText } from '../render/plan-text.ts';
import { endedWith } from '../report.ts';

export const plan: Command = {
  summary: 'Show what ensure would do, file by file',
  description:
    'Changes nothing on disk and opens no socket. What is here and not proven is read by an ensure before it is believed (`verify`); TO FETCH then says how much that may come to, at most.',
  schema: 'wan.models.plan/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: ENSURE_OPTIONS,
  examples: [
    { command: 'wan models plan t2v-A14B@2.2.0', what: 'what is missing, and from where it would come' },
    { command: "wan models plan --all --json | jq '.data.fetch_bytes'", what: 'bytes that would have to move' },
  ],
  exitStatuses: [3, 9],
  run: async (session, args) => {
    const asked = ensureOptions(session, args);
    const refs = await chosenRefs(session, args, { title: 'wan models plan', noneMeansAll: false });
    const presigned = await presignedMap(session, args, refs);
    const options = { ...asked, ...(presigned && { resolveUrl: presigned.resolveUrl }) };
    const orchestrator = await session.orchestrator();
    const tried = await tryEach(refs, session.signal, (ref) => orchestrator.plan(ref, options));
    const space = await orchestrator.preflight(refs, options);
    return {
      wire: () => ({
        fetch_bytes: sum(valuesOf(tried).map(({ fetchBytes }) => fetchBytes)),
        may_fetch_bytes: sum(valuesOf(tried).map(({ mayFetchBytes }) => mayFetchBytes)),
        space: spaceWire(space),
        results: resultsWire(tried, planWire),
      }),
      text: (screen) => planText(screen, tried, space),
      ...endedWith(failuresOf(tried)),
    };
  },
};
