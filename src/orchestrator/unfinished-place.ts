/** Where something is written beside its place until it is whole: what lies there, and was made by somebody else, is in the way. */
import { fstatSync } from 'node:fs';
import { ModelError } from '../domain/errors.ts';
import { type LockedFile, openLocked } from '../locks/locked-file.ts';

/** Empty, and to be removed under itself, which leaves no second owner. @returns undefined where another process holds it */
export async function openLockBeside(path: string): Promise<LockedFile | undefined> {
  const lock = await openLocked(path, { create: true });
  if (lock === undefined || fstatSync(lock.fd).size === 0) return lock;
  lock.close();
  throw inTheWay(path);
}

export const inTheWay = (path: string): ModelError =>
  new ModelError('INVALID_INPUT', `${path} is there already, and was not made by this command`, {
    reason: 'output_exists',
    hint: 'that name is needed until all is written: move away what is there, or name another place',
    details: { path },
  });
