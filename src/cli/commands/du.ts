import { duWire } from '../../wire/du-wire.ts';
import { targetOptions } from '../chosen-refs.ts';
import type { Command } from '../command.ts';
import { PLACE_OPTIONS } from '../common-options.ts';
import { DU_GROUPS, type DuGroup, duText } from '../render/du-text.ts';

export const du: Command = {
  summary: 'Explain every byte under MODELS_ROOT, and say what would give it back',
  description:
    'Changes nothing on disk. Each inode is counted once, in one class, so that the classes add up to what the file system says; UNIQUE is what removing a model, and nothing else, would give back. Works without a manifest.',
  schema: 'wan.models.du/v1',
  operands: { name: 'REF', min: 0, max: Number.POSITIVE_INFINITY, completes: 'ref' },
  options: [...PLACE_OPTIONS, { name: 'by', value: 'WHAT', choices: DU_GROUPS, summary: 'the lines of the second table (model)' }],
  examples: [
    { command: 'wan models du', what: 'all of it' },
    { command: 'wan models du --by component', what: 'which components take the space' },
    { command: 'wan models du --json | jq \'.data.classes[] | select(.class == "orphan").disk_bytes\'', what: 'for programs' },
  ],
  exitStatuses: [3, 9],
  run: async (session, args) => {
    const orchestrator = await session.orchestrator();
    const usage = await orchestrator.diskUsage([...new Set(args.operands)], targetOptions(session, args));
    const by = (args.text('by') as DuGroup | undefined) ?? 'model';
    return { wire: () => duWire(usage), text: (screen) => duText(screen, usage, by) };
  },
};
