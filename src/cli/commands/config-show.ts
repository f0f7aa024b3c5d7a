import { describeConfig } from '../../config/describe-config.ts';
import type { configShowData } from '../../documents/machine.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Command } from '../command.ts';
import { configText, originText } from '../render/config-text.ts';

export const configShow: Command = {
  summary: 'Show every setting, its value, and where it came from',
  description: "Secrets are never shown. What a project's file says and may not say until it is trusted is listed below.",
  schema: 'wan.config.show/v1',
  options: [],
  examples: [
    { command: 'wan config show', what: 'what is in force here' },
    { command: 'wan config show --json | jq -r \'.data.settings[] | select(.origin != "default") | .key\'', what: 'what somebody has set' },
  ],
  exitStatuses: [],
  run: async (session) => {
    const config = await session.config();
    const lines = describeConfig(config);
    const wire = (): Wire<typeof configShowData> => ({
      settings: lines.map(({ key, shown, origin, heldBack }) => ({
        key,
        value: shown,
        origin: originText(origin),
        ...(heldBack && { held_back: { value: heldBack.shown, origin: originText(heldBack.origin) } }),
        ...(origin.untrusted && { untrusted: origin.untrusted }),
      })),
    });
    return { wire, text: (screen) => configText(screen, lines) };
  },
};
