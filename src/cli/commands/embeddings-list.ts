import { openEmbeddingCache } from '../../compose/embedding-cache.ts';
import type { embeddingsListData } from '../../documents/embeddings.ts';
import type { EmbeddingEntry } from '../../pipeline/embedding-cache/embedding.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Command } from '../command.ts';
import { embeddingsListText } from '../render/embeddings-text.ts';

export const embeddingsList: Command = {
  summary: 'List the text embeddings that are kept, last used first',
  description: 'By the hash of their prompt: the prompts themselves are not kept.',
  schema: 'wan.embeddings.list/v1',
  options: [],
  examples: [
    { command: 'wan embeddings list', what: 'what is there' },
    {
      command: "wan embeddings list --json | jq '.data.entries | group_by(.encoder) | map({encoder: .[0].encoder, count: length})'",
      what: 'by text encoder',
    },
  ],
  exitStatuses: [9],
  run: async (session) => {
    const entries = await openEmbeddingCache(await session.config()).list();
    return { wire: () => ({ entries: entries.map(wire) }), text: (screen) => embeddingsListText(screen, entries, Date.now()) };
  },
};

const wire = (entry: EmbeddingEntry): Wire<typeof embeddingsListData>['entries'][number] => ({
  id: entry.id,
  prompt_sha256: entry.promptSha256,
  encoder: entry.encoder,
  max_length: entry.maxLength,
  dtype: entry.dtype,
  shape: entry.shape,
  size_bytes: entry.sizeBytes,
  last_used: entry.lastUsed,
});
