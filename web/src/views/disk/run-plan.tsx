import { useSignal } from '@preact/signals';
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import { ask } from '../../api/ask.ts';
import { asProblem, type Problem } from '../../api/problem.ts';
import type { GcPlan, GcReport } from '../../api/wire.ts';
import { tell } from '../../state/notices.ts';
import { may } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProblemBox } from '../../ui/problem-box.tsx';

export interface RunPlanProps {
  readonly plan: GcPlan;
  readonly onDone: (report: GcReport) => Promise<void>;
}

export function RunPlan({ plan, onDone }: RunPlanProps) {
  const isAsking = useSignal(false);
  const going = plan.items.filter(({ action }) => action !== 'keep');
  if (going.length === 0) return <p>Nothing would go: there is nothing to run.</p>;
  if (!may('admin')) return <p class="faint">To run this plan, log in with a token of the scope admin.</p>;
  return (
    <div class="row end">
      <Button kind="danger" onPress={() => (isAsking.value = true)}>
        Run this plan…
      </Button>
      {isAsking.value && <Confirm plan={plan} onClose={() => (isAsking.value = false)} onDone={onDone} />}
    </div>
  );
}

function Confirm({ plan, onClose, onDone }: RunPlanProps & { readonly onClose: () => void }) {
  const problem = useSignal<Problem | undefined>(undefined);
  const run = async (): Promise<void> => {
    try {
      const report = await ask<GcReport>('/gc', { method: 'POST', body: { plan_id: plan.plan_id } });
      tell({ kind: 'good', text: `${formatBytes(report.reclaimed_bytes)} freed` });
      onClose();
      await onDone(report);
    } catch (thrown) {
      problem.value = asProblem(thrown);
    }
  };
  const models = plan.items.filter(({ kind, action }) => kind === 'model' && action !== 'keep');
  return (
    <Dialog title="Run this plan?" onClose={onClose}>
      <div class="stack">
        <p>
          {models.length === 0 ? 'No model goes' : `${models.length} ${models.length === 1 ? 'model goes' : 'models go'}`};{' '}
          {formatBytes(plan.remove_bytes)} are freed at once
          {plan.trash_bytes > 0 && `, ${formatBytes(plan.trash_bytes)} when they expire in the trash`}. Nothing but what was shown is
          removed; what is used or pinned meanwhile stays.
        </p>
        {problem.value !== undefined && <ProblemBox problem={problem.value} />}
        <div class="row end">
          <Button onPress={onClose}>Remove nothing</Button>
          <Button kind="danger" onPress={run}>
            Run it
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
