import { removeWire } from '../../wire/lock-report-wire.ts';
import type { Command } from '../command.ts';
import { removeText } from '../render/manifest-edits-text.ts';

export const remove: Command = {
  summary: 'Take models out of the manifest and the lockfile',
  description:
    'All tables of the model go, with the comment right above each; everything else of the manifest stays as it is. Files on this machine stay too: `wan models rm` removes those, and must come first.',
  schema: 'wan.models.remove/v1',
  operands: { name: 'REF', min: 1, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: [],
  examples: [
    { command: 'wan models remove my-lora@1.2.0', what: 'one model' },
    { command: 'wan models rm my-lora && wan models remove my-lora', what: 'its files on this machine, then the model itself' },
  ],
  exitStatuses: [3, 7, 9, 130, 143],
  run: async (session, args) => {
    const orchestrator = await session.orchestrator();
    const report = await orchestrator.drop(args.operands, { signal: session.signal });
    return { wire: () => removeWire(report), text: (screen) => removeText(screen, report) };
  },
};
