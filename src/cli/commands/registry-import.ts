import { registryImportWire } from '../../wire/registry-wire.ts';
import type { Command } from '../command.ts';
import { registryImportText } from '../render/registry-import-text.ts';

export const registryImport: Command = {
  summary: 'Take over the registry of an older model manager',
  description:
    'Reads model_registry.json and the like: a list of models, or an object of them by id. Descriptions, tags and the rest are noted of the models of the manifest, and the others are registered. What it says of status and size is not believed: what is here, the store tells. All of it is taken, or nothing; the old file stays.',
  schema: 'wan.registry.import/v1',
  operands: { name: 'FILE', min: 1, max: 1, completes: 'file' },
  options: [],
  examples: [
    { command: 'wan registry import /opt/models/model_registry.json', what: 'takes it over' },
    { command: "wan registry import old.json --json | jq -r '.data.models[].id'", what: 'only the ids' },
  ],
  exitStatuses: [9, 130, 143],
  run: async (session, args) => {
    const orchestrator = await session.orchestrator();
    const report = await orchestrator.importRegistry(args.operands[0] ?? '', { signal: session.signal });
    return { wire: () => registryImportWire(report), text: (screen) => registryImportText(screen, report) };
  },
};
