/** Documents of `wan embeddings`. */
import { z } from 'zod';
import { absolutePath, bytes } from './envelope.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

export const embeddingsStatusData = z.object({
  path: absolutePath,
  entries: z.int().min(0),
  total_bytes: bytes.meta({ description: 'with what writers have not finished' }),
  max_bytes: bytes.meta({ description: 'embedding_cache_size; 0: nothing is kept' }),
});

export const embeddingsListData = z.object({
  entries: z
    .array(
      z.object({
        id: digest.meta({ description: 'the name of its file, without .safetensors' }),
        prompt_sha256: digest.meta({ description: 'of the prompt as the tokenizer gets it; the prompt itself is not kept' }),
        encoder: digest.meta({ description: 'as load-plan tells it: text_encoder_digest' }),
        max_length: z.int().min(1),
        dtype: z.string(),
        shape: z.array(z.int().min(0)),
        size_bytes: bytes,
        last_used: z.iso.datetime(),
      }),
    )
    .meta({ description: 'last used first' }),
});

export const embeddingsClearData = z.object({ path: absolutePath, removed: z.int().min(0), reclaimed_bytes: bytes });

export const embeddingsPathData = z.object({ path: absolutePath });
