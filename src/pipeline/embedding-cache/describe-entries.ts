/** What the entries of the cache are, told by their headers. */
import { open } from 'node:fs/promises';
import { isModelError } from '../../domain/errors.ts';
import { fsError, isErrno } from '../../domain/fs-error.ts';
import { readSafetensorsHeader, type SafetensorsHeader } from '../../formats/safetensors.ts';
import type { EmbeddingEntry } from './embedding.ts';
import { keyParts } from './embedding-key.ts';
import { checkKey } from './entry-file.ts';
import type { FolderFile } from './entry-folder.ts';

/** Last used first. One that is damaged, or has gone meanwhile, is left out: whoever asks for it next finds out. */
export async function describeEntries(files: readonly FolderFile[]): Promise<readonly EmbeddingEntry[]> {
  const entries: EmbeddingEntry[] = [];
  for (const file of files.toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    const entry = await describeEntry(file);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

async function describeEntry({ path, id, sizeBytes, mtimeMs }: FolderFile): Promise<EmbeddingEntry | undefined> {
  if (id === undefined) return undefined;
  try {
    const header = await headerOf(path);
    const { prompt_sha256: promptSha256, encoder, max_length: maxLength, dtype } = keyParts(checkKey(id, header));
    const shape = header.tensors.find(({ name }) => name === 'prompt_embeds')?.shape ?? [];
    return { id, sizeBytes, lastUsed: new Date(mtimeMs).toISOString(), promptSha256, encoder, maxLength, dtype, shape };
  } catch (error) {
    if (isModelError(error, 'FORMAT_INVALID') || isErrno(error, 'ENOENT')) return undefined;
    throw fsError(error, `read the text embedding ${path}`);
  }
}

async function headerOf(path: string): Promise<SafetensorsHeader> {
  await using handle = await open(path, 'r');
  const { size } = await handle.stat();
  return await readSafetensorsHeader(async (offset, length) => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  }, size);
}
