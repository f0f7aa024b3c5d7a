import type { RemoveOptions, RemoveResult } from '../../orchestrator/api.ts';
import { removedWire } from '../../wire/rm-wire.ts';
import { failuresOf, resultsWire, tryEach } from '../../wire/tried.ts';
import { chosenRefs, targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { PLACE_OPTIONS } from '../common-options.ts';
import { rmText } from '../render/rm-text.ts';
import { endedWith } from '../report.ts';
import { withProgress } from '../with-progress.ts';

export const rm: Command = {
  summary: 'Remove models from this machine',
  description:
    'Bytes that other models use stay. The manifest is not touched: the next ensure fetches the model again. What is pinned, or in use by `wan models exec`, is not removed. A model that the manifest has no more is found by what is on disk; of one that only the registry has, the entry stays without --unregister.',
  schema: 'wan.models.rm/v1',
  operands: { name: 'REF', min: 1, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: [
    ...PLACE_OPTIONS,
    { name: 'force', summary: 'also where it is pinned, or somebody uses it' },
    { name: 'unregister', summary: 'its entry in the registry too: for good, of a model that was uploaded or registered over HTTP' },
  ],
  examples: [
    { command: 'wan models rm t2v-A14B@2.2.0', what: 'its default variant' },
    { command: 'wan models rm t2v-A14B@2.2.0@bf16', what: 'another variant' },
    { command: 'wan models rm my-upload@1.0.0 --unregister', what: 'a model that no manifest has, and what is noted of it' },
  ],
  exitStatuses: [3, 7, 9, 130, 143],
  run: async (session, args) => {
    const refs = await chosenRefs(session, args, { title: 'wan models rm', noneMeansAll: false });
    const orchestrator = await session.orchestrator();
    const options = { ...targetOptions(session, args), ...(args.has('force') && { force: true }) };
    const remove = (ref: string, call: RemoveOptions): Promise<RemoveResult> =>
      args.has('unregister') ? orchestrator.unregister(ref, call) : orchestrator.remove(ref, call);
    const tried = await withProgress(session, (onEvent) =>
      tryEach(refs, session.signal, (ref): Promise<RemoveResult> => remove(ref, { ...options, onEvent })),
    );
    return {
      wire: () => ({ results: resultsWire(tried, removedWire) }),
      text: (screen) => rmText(screen, tried),
      ...endedWith(failuresOf(tried)),
    };
  },
};
