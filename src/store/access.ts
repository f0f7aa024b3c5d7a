/** When a model was last used: the mtime of an empty file, moved at most once a minute. */
import { closeSync, openSync, statSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { fsError, isErrno } from '../domain/fs-error.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory } from './durable.ts';

const RESOLUTION_MS = 60_000;
/** A root that is read-only, another user's, or full. */
const CANNOT_WRITE = ['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'] as const;

/** A root that cannot be written still serves: there it does nothing, and the model looks unused. */
export async function touchAccess(context: StoreContext, family: string, ref: CanonicalRef): Promise<void> {
  const path = pathOf(context, family, ref);
  const now = context.clock.now();
  try {
    const last = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
    if (Math.abs(now - last) < RESOLUTION_MS) return;
    await makeDirectory(context, dirname(path));
    closeSync(openSync(path, 'a'));
    utimesSync(path, now / 1000, now / 1000);
  } catch (error) {
    if (isErrno((error as { cause?: unknown }).cause ?? error, ...CANNOT_WRITE)) return;
    throw fsError(error, `record the use of ${ref.modelId}`);
  }
}

/** Milliseconds since the epoch; undefined where no use is on record. */
export const lastUseMs = (context: StoreContext, family: string, ref: CanonicalRef): number | undefined =>
  statSync(pathOf(context, family, ref), { throwIfNoEntry: false })?.mtimeMs;

const pathOf = ({ resolver }: StoreContext, family: string, ref: CanonicalRef): string =>
  resolver.stateFile('access', resolver.refName(family, ref));
