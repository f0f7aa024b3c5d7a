/** What another tool has on this machine. */
import { statSync } from 'node:fs';
import { ModelError } from '../../domain/errors.ts';
import type { FoundFile, ImportKind, ScanOptions } from './found-file.ts';
import { scanComfyui } from './scan-comfyui.ts';
import { scanFolder, scanLmStudio } from './scan-folder.ts';
import { scanHfCache } from './scan-hf-cache.ts';
import { scanOllama } from './scan-ollama.ts';

export interface ScanPlace {
  readonly from: ImportKind;
  /** Absolute. */
  readonly path: string;
  /** What `~` means in that tool's files. */
  readonly home: string;
}

/** Each file once, by whatever name it is found first. @throws ModelError SOURCE_UNAVAILABLE where there is nothing */
export async function scan({ from, path, home }: ScanPlace, options: ScanOptions): Promise<FoundFile[]> {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) throw nothingThere(from, path);
  const files = new Map<string, FoundFile>();
  for await (const file of scannerOf(from, path, home, options)) if (!files.has(file.id)) files.set(file.id, file);
  return [...files.values()];
}

function scannerOf(from: ImportKind, path: string, home: string, options: ScanOptions): AsyncGenerator<FoundFile> {
  switch (from) {
    case 'hf-cache':
      return scanHfCache(path, options);
    case 'ollama':
      return scanOllama(path, options);
    case 'lmstudio':
      return scanLmStudio(path, options);
    case 'comfyui':
      return scanComfyui(path, home, options);
    case 'folder':
      return scanFolder(path, options);
  }
}

const nothingThere = (from: ImportKind, path: string): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', `there is nothing at ${path}`, {
    reason: 'not_found',
    retryable: false,
    hint: `name the folder: wan models import --from ${from} PATH`,
    details: { from, path },
  });
