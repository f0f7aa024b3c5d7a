import { z } from 'zod';
import { absolutePath, bytes, ref } from './envelope.ts';

export const exportData = z.object({
  ref,
  layout: z.enum(['files', 'hf-cache']),
  path: absolutePath.meta({ description: 'the folder that a program would be given' }),
  total_bytes: bytes,
  written: z.boolean().meta({ description: 'false: all of it was there already, and was proven once more' }),
  files: z.array(
    z.object({
      path: z.string(),
      size_bytes: bytes,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      way: z.enum(['reflink', 'hard', 'copy', 'kept']).meta({ description: 'kept: it was there, and right' }),
    }),
  ),
});
