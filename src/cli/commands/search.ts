import { searchHub } from '../../compose/search-hub.ts';
import { searchWire } from '../../wire/search-wire.ts';
import type { Command } from '../command.ts';
import { searchText } from '../render/search-text.ts';

export const search: Command = {
  summary: 'Look for models on the Hugging Face Hub',
  description:
    'Asks the configured Hub, the most downloaded models first. What is found is put into the manifest by `wan models add`. Nothing is changed.',
  schema: 'wan.models.search/v1',
  operands: { name: 'WORD', min: 1, max: Number.POSITIVE_INFINITY },
  options: [
    { name: 'hub', summary: 'look on the Hub: there is nowhere else to look yet' },
    { name: 'type', value: 'PIPELINE', summary: 'only this kind: text-to-video' },
    { name: 'limit', value: 'N', summary: 'at most so many (20)' },
  ],
  examples: [
    { command: 'wan models search wan2.2 --type text-to-video', what: 'shows what there is' },
    { command: "wan models search wan2.2 --json | jq -r '.data.results[].source'", what: 'only what `wan models add` takes' },
  ],
  exitStatuses: [4, 8, 130, 143],
  run: async (session, args) => {
    const text = args.operands.join(' ');
    const pipeline = args.text('type');
    const limit = args.count('limit') ?? 20;
    const question = { text, limit: Math.min(limit, 100), ...(pipeline !== undefined && { pipeline }) };
    const found = await searchHub(await session.config(), question, session.signal);
    return { wire: () => searchWire(text, found), text: (screen) => searchText(screen, found) };
  },
};
