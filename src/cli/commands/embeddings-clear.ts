import { openEmbeddingCache } from '../../compose/embedding-cache.ts';
import type { Command } from '../command.ts';
import { embeddingsClearText } from '../render/embeddings-text.ts';

export const embeddingsClear: Command = {
  summary: 'Remove every text embedding that is kept',
  description: 'They are computed anew when they are wanted. Pipelines at work go on; files that are not of this cache stay.',
  schema: 'wan.embeddings.clear/v1',
  options: [],
  examples: [{ command: 'wan embeddings clear', what: 'give the room back, and forget what was encoded' }],
  exitStatuses: [9],
  run: async (session) => {
    const cache = openEmbeddingCache(await session.config());
    const { removed, reclaimedBytes } = await cache.clear();
    return {
      wire: () => ({ path: cache.directory, removed, reclaimed_bytes: reclaimedBytes }),
      text: (screen) => embeddingsClearText(screen, removed, reclaimedBytes),
    };
  },
};
