import type { Problem } from '../api/problem.ts';
import { Name } from './name.tsx';

/** What went wrong, and what to do next, in the words of the service. */
export function ProblemBox({ problem }: { readonly problem: Pick<Problem, 'message' | 'hint'> & Partial<Pick<Problem, 'correlationId'>> }) {
  return (
    <div class="problem" role="alert">
      <p>
        <Name text={problem.message} />
      </p>
      {problem.hint !== '' && (
        <p class="hint">
          <Name text={problem.hint} />
        </p>
      )}
      {problem.correlationId !== undefined && <p class="faint">correlation id {problem.correlationId}</p>}
    </div>
  );
}
