import { pinWire } from '../../wire/pin-wire.ts';
import type { Command } from '../command.ts';
import { pinsText } from '../render/pins-text.ts';

export const pins: Command = {
  summary: 'Show which models are pinned, by whom, and until when',
  description: 'Pins that are over are shown as such; they keep nothing. Nothing is changed.',
  schema: 'wan.models.pins/v1',
  options: [],
  examples: [
    { command: 'wan models pins', what: 'all of them' },
    { command: 'wan models pins --json | jq -r \'.data.pins[] | select(.state == "expired") | .ref\'', what: 'those that are over' },
  ],
  exitStatuses: [9],
  run: async (session) => {
    const found = await (await session.orchestrator()).pins();
    return { wire: () => ({ pins: found.map(pinWire) }), text: (screen) => pinsText(screen, found) };
  },
};
