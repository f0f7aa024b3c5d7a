/** LOCKFILE_STALE for a file that cannot be a lockfile. */
import { ModelError } from '../domain/errors.ts';
import { formatProblem, type ManifestProblem } from './manifest-problem.ts';

const SHOWN = 20;

/** With every problem in details.problems. */
export function lockfileInvalid(file: string, problems: readonly ManifestProblem[]): ModelError {
  const reason = problems[0]?.code;
  const shown = problems.slice(0, SHOWN).map((problem) => `  ${formatProblem(problem)}`);
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new ModelError('LOCKFILE_STALE', [`${file} is not a valid lockfile: ${count}`, ...shown].join('\n'), {
    ...(reason !== undefined && { reason }),
    hint:
      reason === 'merge_conflict'
        ? 'take either side, then run `wan models lock`: it pins what the manifest has and the lockfile lacks'
        : 'take it back with git, or remove it and run `wan models lock`',
    details: { lockfile_path: file, problem_count: problems.length, problems },
  });
}
