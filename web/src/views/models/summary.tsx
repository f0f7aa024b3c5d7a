import type { Signal } from '@preact/signals';
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { Model } from '../../api/wire.ts';
import { type Choice, countsOf } from './choose-models.ts';
import { stateOf } from './model-state.ts';
import { stateText } from './state-mark.tsx';

export interface SummaryProps {
  readonly models: readonly Model[];
  readonly choice: Signal<Choice>;
}

/** How many are in which state: each number chooses those. */
export function Summary({ models, choice }: SummaryProps) {
  const needed = models.reduce((sum, { bytes_needed }) => sum + bytes_needed, 0);
  const pick = (state: string): void => {
    choice.value = { ...choice.value, state: choice.value.state === state ? '' : state };
  };
  return (
    <div class="summary">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields, and these are buttons. */}
      <div class="chips" role="group" aria-label="Models by state">
        <button type="button" class="chip" aria-pressed={choice.value.state === ''} onClick={() => pick('')}>
          <strong>{models.length}</strong> all
        </button>
        {countsOf(models, stateOf).map(([state, count]) => (
          <button
            key={state}
            type="button"
            class={`chip ${state.toLowerCase()}`}
            aria-pressed={choice.value.state === state}
            onClick={() => pick(state)}
          >
            <strong>{count}</strong> {stateText(state)}
          </button>
        ))}
      </div>
      {needed > 0 && <p class="faint">{formatBytes(needed)} needed to make all of them complete</p>}
    </div>
  );
}
