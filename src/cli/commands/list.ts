import { summaryWire } from '../../wire/spec-wire.ts';
import type { Command } from '../command.ts';
import { listText } from '../render/list-text.ts';

export const list: Command = {
  summary: 'List the models that the manifest defines',
  schema: 'wan.models.list/v1',
  options: [],
  examples: [
    { command: 'wan models list', what: 'names, variants and sizes' },
    { command: "wan models list --json | jq -r '.data.models[].model_id'", what: 'only the ids' },
  ],
  exitStatuses: [9],
  run: async (session) => {
    const orchestrator = await session.orchestrator();
    const models = await orchestrator.listModels();
    return { wire: () => ({ models: models.map(summaryWire) }), text: (screen) => listText(screen, models) };
  },
};
