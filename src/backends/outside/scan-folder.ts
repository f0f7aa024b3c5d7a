/** Any folder, and those of LM Studio: `publisher/repository/file.gguf`. */
import { basename, dirname, join } from 'node:path';
import type { FoundFile, ScanOptions } from './found-file.ts';
import { walkFiles } from './walk-files.ts';

/** Each folder with weights is a model of its own. */
export async function* scanFolder(folder: string, options: ScanOptions): AsyncGenerator<FoundFile> {
  for await (const { below, ...file } of walkFiles(folder, options)) {
    const own = join(folder, dirname(below));
    yield { ...file, name: below, group: { name: own, add: [own, '--as', idOf(basename(own))] } };
  }
}

/** lmstudio.ai/docs/basics/import-model: the layout is that of the Hub, one folder a repository. */
export async function* scanLmStudio(folder: string, options: ScanOptions): AsyncGenerator<FoundFile> {
  for await (const { below, ...file } of walkFiles(folder, options)) {
    const [publisher = '', repository = ''] = below.split('/');
    const name = `${publisher}/${repository}`;
    const own = join(folder, publisher, repository);
    yield { ...file, name: below, group: { name, add: [own, '--as', idOf(repository)] } };
  }
}

/** A model id for whatever people call their folders. */
export function idOf(name: string): string {
  const plain = name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100);
  return `${plain || 'model'}@1.0.0`;
}
