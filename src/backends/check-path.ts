import { ModelError } from '../domain/errors.ts';
import { pathFault } from '../domain/path-rules.ts';

/** The last guard before a path becomes part of a URL or a file name. @throws ModelError PATH_UNSAFE */
export function checkPath(path: string): void {
  const fault = pathFault(path);
  if (fault !== undefined)
    throw new ModelError('PATH_UNSAFE', `${JSON.stringify(path.slice(0, 200))} ${fault.message}`, {
      reason: fault.reason,
      hint: 'correct the path in the manifest',
    });
}

/** What a source lists is as hostile as a manifest; what a model would silently lack is told. @throws ModelError PATH_UNSAFE */
export function checkListed(label: string, path: string): void {
  const fault = pathFault(path);
  if (fault !== undefined)
    throw new ModelError('PATH_UNSAFE', `${label} lists ${JSON.stringify(path.slice(0, 200))}, which ${fault.message}`, {
      reason: fault.reason,
      hint: 'rename it there, or name the files of the model in the manifest',
    });
}
