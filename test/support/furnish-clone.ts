import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export const PROJECT = join(import.meta.dirname, '..', '..');

/** Makes `folder` look like a clone to commands of the documents: the examples, and the package by its name. */
export async function furnishClone(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await mkdir(join(folder, 'bin'));
  await symlink(join(PROJECT, 'examples'), join(folder, 'examples'));
  await symlink(PROJECT, join(folder, 'node_modules', 'wan-models'));
  const wan = `exec "${process.execPath}" "${join(PROJECT, 'bin', 'wan.js')}" "$@"`;
  await writeFile(join(folder, 'bin', 'npx'), `#!/bin/sh\n[ "$1" = wan ] || exit 127\nshift\n${wan}\n`, { mode: 0o755 });
}

/** What a shell in such a folder gets: `npx wan` is the built command, nothing else of the outer environment is there. */
export function cloneEnvironment(folder: string): NodeJS.ProcessEnv {
  return { HOME: folder, PATH: [join(folder, 'bin'), dirname(process.execPath), process.env.PATH].join(':') };
}
