import { z } from 'zod';
import { absolutePath, bytes, errorObject, ref } from './envelope.ts';

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const importData = z.object({
  from: z.enum(['hf-cache', 'folder', 'ollama', 'lmstudio', 'comfyui']),
  path: absolutePath,
  dry_run: z.boolean().meta({ description: 'true: nothing was read or changed; figures are what names and sizes promise' }),
  found_files: count,
  found_bytes: bytes,
  read_bytes: bytes.meta({ description: 'of files that were read, each once at most' }),
  adopted_bytes: bytes,
  copied_bytes: bytes.meta({ description: 'of these: written once more, since their blocks could not be shared' }),
  present_bytes: bytes.meta({ description: 'of files that were here already' }),
  adopted: z.array(
    z.object({
      path: absolutePath,
      sha256,
      size_bytes: bytes,
      way: z.enum(['reflink', 'hard', 'copy']),
      names: z.array(z.string()).meta({ description: '`ref: path` of every file that it is' }),
    }),
  ),
  refused: z.array(
    z.object({
      path: absolutePath,
      size_bytes: bytes,
      claimed: sha256.optional().meta({ description: 'what its name claims; without an error: its bytes are others' }),
      error: errorObject.optional(),
    }),
  ),
  models: z.array(
    z.object({
      ref,
      state: z.enum(['published', 'complete', 'partial', 'possible']),
      path: absolutePath,
      total_bytes: bytes,
      missing_bytes: bytes,
      missing_files: z.array(z.string()),
      open_bytes: bytes,
      open_files: z
        .array(z.string())
        .meta({ description: 'of a dry run: a file was found that may be this one, or another one of the same size' }),
      error: errorObject.optional(),
    }),
  ),
  unknown: z
    .array(
      z.object({
        name: z.string(),
        file_count: count,
        total_bytes: bytes,
        add: z.string().optional().meta({ description: 'the command that takes it into the manifest' }),
      }),
    )
    .meta({ description: 'models of the other tool that the manifest does not know' }),
  unpinned: z.array(z.string()).meta({ description: 'files of the manifest that cannot be recognised: no digest of them is known' }),
  unreadable: z.array(z.string()),
});
