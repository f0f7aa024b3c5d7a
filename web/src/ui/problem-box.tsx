import type { Problem } from '../api/problem.ts';
import { Words } from './words.tsx';

/** What went wrong, and what to do next, in the words of the service. */
export function ProblemBox({ problem }: { readonly problem: Pick<Problem, 'message' | 'hint'> & Partial<Pick<Problem, 'correlationId'>> }) {
  return (
    <div class="problem" role="alert">
      <p>
        <Words text={problem.message} />
      </p>
      {problem.hint !== '' && (
        <p class="hint">
          <Words text={problem.hint} />
        </p>
      )}
      {problem.correlationId !== undefined && (
        <p class="hint faint">
          correlation id <span class="mono">{problem.correlationId}</span>
        </p>
      )}
    </div>
  );
}
