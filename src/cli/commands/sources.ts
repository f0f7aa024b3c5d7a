import { sourcesWire } from '../../wire/sources-wire.ts';
import { failuresOf, resultsWire, tryEach } from '../../wire/tried.ts';
import { chosenRefs, targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { SELECTION_OPTIONS } from '../common-options.ts';
import { sourcesText } from '../render/sources-text.ts';
import { endedWith } from '../report.ts';

export const sources: Command = {
  summary: 'Show where a model would come from, and with --probe how well each source answers',
  description:
    'Sources are shown in the order in which ensure asks them, URLs without their signatures, credentials masked and by where they come from; then what is remembered against them, and until when they are asked after all others for it. --probe asks each for one byte of a file of the model, then for a sample of at most 4 MiB or 3 s; one that does not answer is told, and is no failure of this verb. Nothing is written; --forget removes what is remembered.',
  schema: 'wan.models.sources/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: [
    { name: 'all', summary: 'every model of the manifest (the default)' },
    ...SELECTION_OPTIONS,
    { name: 'probe', summary: 'ask each source, and measure latency and speed' },
    { name: 'forget', summary: 'forget what is remembered against them, so that all are asked in their turn' },
  ],
  examples: [
    { command: 'wan models sources t2v-A14B@2.2.0', what: 'who would be asked, and as whom' },
    { command: 'wan models sources t2v-A14B@2.2.0 --probe', what: 'who answers, and how fast' },
    { command: 'wan models sources t2v-A14B@2.2.0 --forget', what: 'ask a mirror again that was just mended' },
    {
      command: "wan models sources --probe --json | jq -r '.data.results[].sources[] | select(.probe.ok | not) | .source'",
      what: 'who does not',
    },
  ],
  exitStatuses: [3, 9, 130, 143],
  run: async (session, args) => {
    const options = { ...targetOptions(session, args), probe: args.has('probe'), forget: args.has('forget') };
    const refs = await chosenRefs(session, args, { title: 'wan models sources', noneMeansAll: true });
    const orchestrator = await session.orchestrator();
    const tried = await tryEach(refs, session.signal, (ref) => orchestrator.sources(ref, options));
    return {
      wire: () => ({ results: resultsWire(tried, sourcesWire) }),
      text: (screen) => sourcesText(screen, tried),
      ...endedWith(failuresOf(tried)),
    };
  },
};
