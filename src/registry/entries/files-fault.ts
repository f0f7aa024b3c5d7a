import { pathFault } from '../../domain/path-rules.ts';
import type { DraftProblem } from '../draft-problem.ts';
import { checkCollisions } from '../rules/collision-rules.ts';

export interface FilesFault {
  /** Which of them. */
  readonly at: number;
  readonly message: string;
}

/** The first thing that is wrong with paths that are to be the files of one model, by the rules of the manifest; undefined for good ones. */
export function filesFault(paths: readonly string[]): FilesFault | undefined {
  for (const [at, path] of paths.entries()) {
    const fault = pathFault(path);
    if (fault !== undefined) return { at, message: `${JSON.stringify(path.slice(0, 200))} ${fault.message}` };
  }
  const found: DraftProblem[] = [];
  checkCollisions(
    paths.map((path, at) => ({ path, at: [at] })),
    (problem) => found.push(problem),
  );
  const [first] = found;
  return first && { at: Number(first.path[0] ?? 0), message: first.message };
}
