import { farewell } from '../state/session.ts';
import { ProblemBox } from '../ui/problem-box.tsx';
import { LogInForm } from './log-in-form.tsx';

/** Instead of any view, for whoever may see none. */
export function LogIn() {
  const problem = farewell.value;
  const isExpected = problem === undefined || problem.reason === 'token_missing';
  return (
    <section class="log-in card">
      <h1>Log in</h1>
      {isExpected ? (
        <p>This service shows its models to those who have a token.</p>
      ) : (
        <>
          <p>You are logged out: the service does not take the token of this tab any more.</p>
          <ProblemBox problem={problem} />
        </>
      )}
      <LogInForm />
    </section>
  );
}
