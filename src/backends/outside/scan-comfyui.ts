/** ComfyUI's models: `models/{checkpoints,vae,…}` of an installation, and the folders that its `extra_model_paths.yaml` adds. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { FoundFile, ScanOptions } from './found-file.ts';
import { idOf } from './scan-folder.ts';
import { unlessUnreadable, walkFiles } from './walk-files.ts';

const EXTRA_PATHS = 'extra_model_paths.yaml';
/** Keys of a group that name no folder of models. */
const NO_MODELS: ReadonlySet<string> = new Set(['base_path', 'is_default', 'custom_nodes', 'download_model_base', 'configs']);

/** @param place an installation, a folder of models, or a file like `extra_model_paths.yaml` */
export async function* scanComfyui(place: string, home: string, options: ScanOptions): AsyncGenerator<FoundFile> {
  const seen = new Set<string>();
  for (const folder of await foldersOf(place, home, options)) {
    for await (const { below, ...file } of walkFiles(folder, options)) {
      if (seen.has(file.id)) continue;
      seen.add(file.id);
      const path = join(folder, below);
      const stem = basename(path).replace(/\.[a-z0-9]+$/i, '');
      yield { ...file, name: path, group: { name: path, add: [dirname(path), '--include', basename(path), '--as', idOf(stem)] } };
    }
  }
}

async function foldersOf(place: string, home: string, options: ScanOptions): Promise<string[]> {
  if (/\.ya?ml$/i.test(place)) return extraFolders(place, home, options);
  const models = join(place, 'models');
  const extra = join(place, EXTRA_PATHS);
  return [existsSync(models) ? models : place, ...(existsSync(extra) ? await extraFolders(extra, home, options) : [])];
}

async function extraFolders(file: string, home: string, options: ScanOptions): Promise<string[]> {
  const text = await unlessUnreadable(file, options, () => readFile(file, 'utf8'), '');
  const folders = groupsIn(text).flatMap((group) => {
    const base = resolve(dirname(file), expand(group.get('base_path')?.[0] ?? '.', home));
    return [...group].flatMap(([key, paths]) => (NO_MODELS.has(key) ? [] : paths.map((path) => resolve(base, expand(path, home)))));
  });
  return [...new Set(folders)].filter((folder) => existsSync(folder));
}

const expand = (path: string, home: string): string => path.replace(/^~(?=\/|$)|\$\{?HOME\}?/g, home);

/** The form that ComfyUI documents: groups of `key: path`, or `key: |` with a path a line. Whatever else YAML can say is passed over. */
function groupsIn(text: string): ReadonlyMap<string, readonly string[]>[] {
  const groups: Map<string, string[]>[] = [];
  let list: { readonly paths: string[]; readonly indent: number } | undefined;
  for (const line of text.split(/\r?\n/)) {
    const bare = line.replace(/(?:^|\s)#.*$/, '').trimEnd();
    const indent = bare.length - bare.trimStart().length;
    if (bare.trim() === '') continue;
    if (indent === 0) {
      list = undefined;
      groups.push(new Map());
    } else if (list !== undefined && indent > list.indent) {
      list.paths.push(unquoted(bare.trim()));
    } else {
      const [, key = '', value = ''] = /^\s*([\w-]+)\s*:\s*(.*)$/.exec(bare) ?? [];
      const paths = value === '' || /^[|>]/.test(value) ? [] : [unquoted(value)];
      if (key !== '') groups.at(-1)?.set(key, paths);
      list = { paths, indent };
    }
  }
  return groups;
}

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2');
