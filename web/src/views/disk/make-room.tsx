import { useSignal } from '@preact/signals';
import { ask } from '../../api/ask.ts';
import { asProblem, type Problem } from '../../api/problem.ts';
import type { GcPlan, GcReport } from '../../api/wire.ts';
import { models } from '../../state/models.ts';
import { Check, TextField } from '../../ui/field.tsx';
import { ProblemBox } from '../../ui/problem-box.tsx';
import { GcItems } from './gc-items.tsx';
import { type GcRules, NO_RULES, planQuery } from './gc-rules.ts';
import { RunPlan } from './run-plan.tsx';

/** What gc would remove and why; then just that, or nothing. */
export function MakeRoom({ onDone }: { readonly onDone: () => Promise<void> }) {
  const rules = useSignal(NO_RULES);
  const plan = useSignal<GcPlan | undefined>(undefined);
  const report = useSignal<GcReport | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const preview = async (): Promise<void> => {
    report.value = undefined;
    problem.value = undefined;
    try {
      plan.value = await ask<GcPlan>(`/gc/plan${planQuery(rules.value)}`);
    } catch (thrown) {
      plan.value = undefined;
      problem.value = asProblem(thrown);
    }
  };
  const done = async (made: GcReport): Promise<void> => {
    plan.value = undefined;
    report.value = made;
    await Promise.all([onDone(), models.refresh()]);
  };
  return (
    <section class="card stack room">
      <h2>Make room</h2>
      <p class="faint">
        Without a rule only leftovers go: bytes that no model counts on, dead downloads, what has expired in the trash. Models go by rules
        alone, and never while they are pinned or in use.
      </p>
      <RuleForm rules={rules.value} onRules={(next) => (rules.value = next)} onPreview={preview} />
      {problem.value !== undefined && <ProblemBox problem={problem.value} />}
      {plan.value !== undefined && (
        <div class="stack" role="status">
          <GcItems result={plan.value} isDone={false} />
          <RunPlan plan={plan.value} onDone={done} />
        </div>
      )}
      {report.value !== undefined && (
        <div role="status">
          <GcItems result={report.value} isDone />
        </div>
      )}
    </section>
  );
}

interface RuleFormProps {
  readonly rules: GcRules;
  readonly onRules: (rules: GcRules) => void;
  readonly onPreview: () => Promise<void>;
}

function RuleForm({ rules, onRules, onPreview }: RuleFormProps) {
  const set = (part: Partial<GcRules>): void => onRules({ ...rules, ...part });
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void onPreview();
      }}
    >
      <div class="rules">
        <TextField label="Models unused for" value={rules.olderThan} onText={(olderThan) => set({ olderThan })} placeholder="30d" />
        <TextField label="All models at most" value={rules.maxSize} onText={(maxSize) => set({ maxSize })} placeholder="2T" />
        <TextField label="Free afterwards" value={rules.free} onText={(free) => set({ free })} placeholder="100G" />
        <TextField label="Newest versions kept" value={rules.keepLast} onText={(keepLast) => set({ keepLast })} placeholder="2" />
        <TextField label="Only this family" value={rules.family} onText={(family) => set({ family })} placeholder="any" />
      </div>
      <div class="row between">
        <span class="row">
          <Check label="give the bytes back at once, past the trash" isChecked={rules.purge} onCheck={(purge) => set({ purge })} />
          <Check label="also bad bytes that were replaced" isChecked={rules.quarantine} onCheck={(quarantine) => set({ quarantine })} />
        </span>
        <button type="submit" class="button primary">
          Preview
        </button>
      </div>
    </form>
  );
}
