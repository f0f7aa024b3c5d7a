import type { Signal } from '@preact/signals';
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { Model } from '../../api/wire.ts';
import { Chips } from '../../ui/chips.tsx';
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
      <Chips
        label="Models by state"
        chips={[
          { value: '', head: models.length, text: 'all' },
          ...countsOf(models, stateOf).map(([value, head]) => ({ value, head, text: stateText(value), tone: value.toLowerCase() })),
        ]}
        chosen={choice.value.state}
        onPick={pick}
      />
      {needed > 0 && <p class="faint">{formatBytes(needed)} needed to make all of them complete</p>}
    </div>
  );
}
