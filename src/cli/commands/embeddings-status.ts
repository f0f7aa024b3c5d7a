import { openEmbeddingCache } from '../../compose/embedding-cache.ts';
import type { Command } from '../command.ts';
import { embeddingsStatusText } from '../render/embeddings-text.ts';

export const embeddingsStatus: Command = {
  summary: 'Show how many text embeddings are kept, and what room they take',
  description: 'Needs neither MODELS_ROOT nor a manifest. docs/embedding-cache.md says what is kept, and how pipelines use it.',
  schema: 'wan.embeddings.status/v1',
  options: [],
  examples: [{ command: 'wan embeddings status', what: 'is the cache used, and how full is it?' }],
  exitStatuses: [9],
  run: async (session) => {
    const stats = await openEmbeddingCache(await session.config()).stats();
    const { directory, entryCount, totalBytes, maxBytes } = stats;
    return {
      wire: () => ({ path: directory, entries: entryCount, total_bytes: totalBytes, max_bytes: maxBytes }),
      text: (screen) => embeddingsStatusText(screen, stats),
    };
  },
};
