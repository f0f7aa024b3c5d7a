import { useSignal } from '@preact/signals';
import { asProblem, type Problem } from '../api/problem.ts';
import { logIn } from '../state/session.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { ProblemBox } from '../ui/problem-box.tsx';

export interface LogInFormProps {
  readonly onDone?: () => void;
  readonly onCancel?: () => void;
}

export function LogInForm({ onDone, onCancel }: LogInFormProps) {
  const typed = useSignal('');
  const problem = useSignal<Problem | undefined>(undefined);
  const submit = async (): Promise<void> => {
    try {
      await logIn(typed.value.trim());
      onDone?.();
    } catch (thrown) {
      problem.value = asProblem(thrown);
    }
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextField
        label="Token"
        type="password"
        value={typed.value}
        onText={(text) => (typed.value = text)}
        placeholder="wan_…"
        hint={
          <>
            <code>wan auth token create NAME --scope write</code> makes one on the machine of the service. It is kept in this tab alone,
            until the tab is closed.
          </>
        }
      />
      {problem.value !== undefined && <ProblemBox problem={problem.value} />}
      <div class="row end">
        {onCancel !== undefined && <Button onPress={onCancel}>Cancel</Button>}
        <button type="submit" class="button primary">
          Log in
        </button>
      </div>
    </form>
  );
}
