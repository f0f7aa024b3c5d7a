/** Says of a project's file that it may decide where the user's credentials go, and takes it back. */
import type { ProjectFile } from '../config/project-file.ts';
import { removePrivateFile, writePrivateFile } from './private-file.ts';

/** As the file was read: a change since then, by whomever, is not trusted. */
export async function trustProjectFile(file: ProjectFile): Promise<void> {
  await writePrivateFile(file.recordPath, file.trustRecord());
}

/** In every state that it was ever trusted in. */
export const distrustProjectFile = ({ recordPath }: ProjectFile): Promise<void> => removePrivateFile(recordPath);
