import { useSignal } from '@preact/signals';
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import { ask, modelPath } from '../../api/ask.ts';
import { asProblem, type Problem } from '../../api/problem.ts';
import { tell } from '../../state/notices.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Check } from '../../ui/field.tsx';
import { ProblemBox } from '../../ui/problem-box.tsx';

export interface RemoveDialogProps {
  readonly modelRef: string;
  readonly sizeBytes: number;
  readonly onClose: () => void;
}

interface Removed {
  readonly message: string;
  readonly reclaimed_bytes: number;
  readonly shared_bytes: number;
}

export function RemoveDialog({ modelRef, sizeBytes, onClose }: RemoveDialogProps) {
  const isForced = useSignal(false);
  const problem = useSignal<Problem | undefined>(undefined);
  const remove = async (): Promise<void> => {
    try {
      const answer = await ask<Removed>(`${modelPath(modelRef)}?force=${String(isForced.value)}`, { method: 'DELETE' });
      const kept = answer.shared_bytes === 0 ? '' : `, ${formatBytes(answer.shared_bytes)} kept for other models`;
      tell({ kind: 'good', text: `${answer.message}: ${formatBytes(answer.reclaimed_bytes)} freed${kept}` });
      onClose();
    } catch (thrown) {
      problem.value = asProblem(thrown);
    }
  };
  return (
    <Dialog title={`Remove ${modelRef}?`} onClose={onClose}>
      <div class="stack">
        <p>
          Its {formatBytes(sizeBytes)} go from this machine, but for what other models share. It stays in the manifest: an ensure fetches it
          again.
        </p>
        <Check label="also where it is pinned, or somebody uses it" isChecked={isForced.value} onCheck={(is) => (isForced.value = is)} />
        {problem.value !== undefined && <ProblemBox problem={problem.value} />}
        <div class="row end">
          <Button onPress={onClose}>Keep it</Button>
          <Button kind="danger" onPress={remove}>
            Remove
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
