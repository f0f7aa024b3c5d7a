/** The cache of the Hugging Face Hub's clients: blobs named by sha256 (LFS) or by git id, and snapshots that link to them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSha256 } from '../../domain/digest.ts';
import { COMMIT } from '../hf-cache/repo-folder.ts';
import type { FoundFile, FoundGroup, ScanOptions } from './found-file.ts';
import { unlessUnreadable, walkFiles } from './walk-files.ts';

const MODEL_FOLDER = /^models--(.+)$/;

export async function* scanHfCache(root: string, options: ScanOptions): AsyncGenerator<FoundFile> {
  for (const folder of (await unlessUnreadable(root, options, () => readdir(root), [])).sort()) {
    const [, repository] = MODEL_FOLDER.exec(folder) ?? [];
    if (repository !== undefined) yield* scanRepository(join(root, folder), repository.replaceAll('--', '/'), options);
  }
}

/** A blob's own name is the claim: what it leads to may lie in a store that repositories share, under another kind of name. */
async function* scanRepository(folder: string, repository: string, options: ScanOptions): AsyncGenerator<FoundFile> {
  const named = await snapshotFiles(folder, repository, options);
  const last = [...named.values()].at(-1)?.group ?? { name: repository, add: [`hf://${repository}`] };
  for await (const { below, ...file } of walkFiles(join(folder, 'blobs'), options)) {
    // An unfinished download of its own.
    if (below.endsWith('.incomplete')) continue;
    const claimed = parseSha256(below);
    yield { name: `${repository}: ${below}`, group: last, ...named.get(file.id), ...file, ...(claimed !== undefined && { claimed }) };
    named.delete(file.id);
  }
  // On volumes without links snapshots hold the files themselves.
  yield* named.values();
}

async function snapshotFiles(folder: string, repository: string, options: ScanOptions): Promise<Map<string, FoundFile>> {
  const snapshots = join(folder, 'snapshots');
  const names = await unlessUnreadable(snapshots, options, () => readdir(snapshots), []);
  const files = new Map<string, FoundFile>();
  for (const commit of names.filter((name) => COMMIT.test(name)).sort()) {
    const group: FoundGroup = { name: repository, add: [`hf://${repository}@${commit}`] };
    for await (const { below, ...file } of walkFiles(join(snapshots, commit), options))
      files.set(file.id, { ...file, name: `${repository}: ${below}`, group });
  }
  return files;
}
