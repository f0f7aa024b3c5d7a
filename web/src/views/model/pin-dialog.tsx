import { useSignal } from '@preact/signals';
import { ask, modelPath } from '../../api/ask.ts';
import { asProblem, type Problem } from '../../api/problem.ts';
import { pins } from '../../state/models.ts';
import { tell } from '../../state/notices.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { ProblemBox } from '../../ui/problem-box.tsx';

export interface PinDialogProps {
  readonly modelRef: string;
  readonly onClose: () => void;
}

export function PinDialog({ modelRef, onClose }: PinDialogProps) {
  const reason = useSignal('');
  const until = useSignal('');
  const problem = useSignal<Problem | undefined>(undefined);
  const pin = async (): Promise<void> => {
    try {
      const body = { ...(reason.value !== '' && { reason: reason.value }), ...(until.value !== '' && { until: until.value }) };
      await ask(`${modelPath(modelRef)}/pin`, { method: 'PUT', body });
      tell({ kind: 'good', text: `${modelRef} is pinned` });
      await pins.refresh();
      onClose();
    } catch (thrown) {
      problem.value = asProblem(thrown);
    }
  };
  return (
    <Dialog title={`Pin ${modelRef}`} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void pin();
        }}
      >
        <p>A pinned model is not removed to make room, and not by a remove that is not forced.</p>
        <TextField label="Reason" value={reason.value} onText={(text) => (reason.value = text)} placeholder="the demo on friday" />
        <TextField
          label="Until"
          value={until.value}
          onText={(text) => (until.value = text)}
          placeholder="7d, or 2099-12-31; empty: for good"
        />
        {problem.value !== undefined && <ProblemBox problem={problem.value} />}
        <div class="row end">
          <Button onPress={onClose}>Cancel</Button>
          <button type="submit" class="button primary">
            Pin
          </button>
        </div>
      </form>
    </Dialog>
  );
}
