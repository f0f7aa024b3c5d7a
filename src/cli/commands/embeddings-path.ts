import { openEmbeddingCache } from '../../compose/embedding-cache.ts';
import type { Command } from '../command.ts';

export const embeddingsPath: Command = {
  summary: 'Print the directory of the text embeddings, and nothing else',
  description: 'Whether or not it exists yet.',
  schema: 'wan.embeddings.path/v1',
  options: [],
  examples: [
    {
      command: 'export WAN_EMBEDDING_CACHE_DIR="$(wan embeddings path)"',
      what: 'the same place for a Python program, which reads no wan.toml',
    },
  ],
  exitStatuses: [9],
  run: async (session) => {
    const { directory } = openEmbeddingCache(await session.config());
    return { wire: () => ({ path: directory }), text: () => directory };
  },
};
