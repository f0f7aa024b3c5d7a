import { unpinWire } from '../../wire/pin-wire.ts';
import { failuresOf, resultsWire, tryEach } from '../../wire/tried.ts';
import { chosenRefs, targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { PLACE_OPTIONS } from '../common-options.ts';
import { unpinText } from '../render/pins-text.ts';
import { endedWith } from '../report.ts';

export const unpin: Command = {
  summary: 'Let pinned models go: gc may remove them again',
  description: 'Nothing is removed now. Works also for a model that the manifest has no more.',
  schema: 'wan.models.unpin/v1',
  operands: { name: 'REF', min: 1, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: PLACE_OPTIONS,
  examples: [{ command: 'wan models unpin t2v-A14B@2.2.0', what: 'one model' }],
  exitStatuses: [3, 7, 9],
  run: async (session, args) => {
    const refs = await chosenRefs(session, args, { title: 'wan models unpin', noneMeansAll: false });
    const orchestrator = await session.orchestrator();
    const tried = await tryEach(refs, session.signal, (ref) => orchestrator.unpinModel(ref, targetOptions(session, args)));
    return {
      wire: () => ({ results: resultsWire(tried, unpinWire) }),
      text: (screen) => unpinText(screen, tried),
      ...endedWith(failuresOf(tried)),
    };
  },
};
