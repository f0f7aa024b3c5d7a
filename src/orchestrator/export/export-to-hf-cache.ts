/** A model of the Hub in the layout of its clients' cache, so that they find it offline; by the pins, no network is asked. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { gitBlobId } from '../../backends/hf-cache/git-id.ts';
import type { HubFile } from '../../backends/hf-cache/hub-file.ts';
import { layDown } from '../../backends/hf-cache/lay-down.ts';
import { COMMIT, repoFolder } from '../../backends/hf-cache/repo-folder.ts';
import { parseHubUrl } from '../../backends/huggingface/hub-url.ts';
import { ModelError } from '../../domain/errors.ts';
import type { ExportReport } from '../../domain/export-results.ts';
import { hashFile } from '../../transfer/hash-file.ts';
import { originsOf } from '../file-sources.ts';
import { type PublishedFile, pathOfBytes } from '../published-files.ts';
import { copyRun, type Exporting, reportOf } from './exporting.ts';

/** What the Hub keeps in large-file storage, whatever else it does: git has no files of this size there. */
const LFS_BYTES = 10 * 2 ** 20;
const LFS_NAME =
  /\.(?:safetensors|gguf|bin|pt|pth|onnx|ckpt|model|msgpack|h5|npz|zip|gz|tar|parquet|arrow|ftz|joblib|mlmodel|ot|pb|pickle|pkl|tflite|wasm|xz|zst)$/i;

/** File by file, each whole or not at all under its name, in a cache that may hold others. */
export async function exportToHfCache(exporting: Exporting): Promise<ExportReport> {
  const { work, target, files, path: directory, options, signal } = exporting;
  if (options.link !== undefined && options.link !== 'auto') throw onlyAuto(options.link);
  const run = copyRun(exporting);
  const hubFiles = await Promise.all(files.map((file) => hubFileOf(exporting, file)));
  const ways: ('copy' | 'kept')[] = [];
  for (const [at, file] of files.entries()) {
    const hub = hubFiles[at];
    if (hub === undefined) throw new Error('a place for each file');
    const pointer = join(directory, repoFolder(hub.repoType, hub.repoId), 'snapshots', hub.commit, ...hub.path.split('/'));
    ways.push(statSync(pointer, { throwIfNoEntry: false }) === undefined ? 'copy' : 'kept');
    const bytes = { path: pathOfBytes(work, target, file), sha256: file.sha256 };
    const token = work.store.random.uuid().slice(0, 8);
    await layDown({ directory, file: hub, bytes, spareBytes: 0, token, links: true });
    if ((await hashFile(pointer, { signal })).sha256 !== file.sha256) throw wrongThere(pointer);
    run.onBytes(file.sizeBytes);
  }
  const [first] = hubFiles;
  const path = first === undefined ? directory : join(directory, repoFolder(first.repoType, first.repoId), 'snapshots', first.commit);
  return reportOf(exporting, path, ways);
}

async function hubFileOf(exporting: Exporting, file: PublishedFile): Promise<HubFile> {
  const { work, target, path: directory } = exporting;
  for (const { source, path } of originsOf(target.spec, file.spec)) {
    if (!source.startsWith('hf:')) continue;
    const { repoType, repoId, revision, subPath } = parseHubUrl(source);
    const commit = COMMIT.test(revision) ? revision : file.spec.pin?.revision;
    if (commit === undefined || !COMMIT.test(commit)) continue;
    const isLarge = file.sizeBytes >= LFS_BYTES || LFS_NAME.test(path);
    const etag = isLarge ? file.sha256 : await gitBlobId(pathOfBytes(work, target, file));
    // A branch that the cache knows already stays what it is.
    const main = join(directory, repoFolder(repoType, repoId), 'refs', 'main');
    const isNew = statSync(main, { throwIfNoEntry: false }) === undefined;
    const inRepo = subPath === undefined ? path : `${subPath}/${path}`;
    return { repoType, repoId, revision: isNew ? 'main' : commit, commit, path: inRepo, sizeBytes: file.sizeBytes, etag };
  }
  throw notOfHub(target.label, file.spec.path);
}

const notOfHub = (label: string, path: string): ModelError =>
  new ModelError('INVALID_INPUT', `${label}: nothing says of which commit of the Hub ${path} is`, {
    reason: 'not_from_hub',
    hint: 'only models with an hf:// source at a commit, or pinned by `wan models lock`, have a place in that cache; --layout files takes any',
    details: { model: label, file: path },
  });

const wrongThere = (path: string): ModelError =>
  new ModelError('CHECKSUM_FAIL', `${path} was there before, and has other bytes`, {
    reason: 'copy_wrong',
    hint: 'remove it, or run `hf cache verify`, then run the same command again',
    details: { path },
  });

const onlyAuto = (link: string): ModelError =>
  new ModelError(
    'INVALID_INPUT',
    `--link ${link} does not go with --layout hf-cache: blocks are shared where the volume can, else copied`,
    {
      reason: 'link_impossible',
      hint: 'leave --link out',
    },
  );
