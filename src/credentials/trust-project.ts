/** Says of a project's file that it may decide where the user's credentials go, and takes it back. */
import { rm } from 'node:fs/promises';
import type { ProjectFile } from '../config/project-file.ts';
import { fsError } from '../domain/fs-error.ts';
import { writePrivateFile } from './private-file.ts';

/** As the file was read: a change since then, by whomever, is not trusted. */
export async function trustProjectFile(file: ProjectFile): Promise<void> {
  await writePrivateFile(file.recordPath, file.trustRecord());
}

/** In every state that it was ever trusted in. */
export async function distrustProjectFile({ recordPath }: ProjectFile): Promise<void> {
  try {
    await rm(recordPath, { force: true });
  } catch (error) {
    throw fsError(error, `remove ${recordPath}`);
  }
}
