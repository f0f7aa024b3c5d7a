/** A row of choices, each with a number or a name before what it means; one is pressed. */
import type { ComponentChildren } from 'preact';

export interface Chip<Value extends string> {
  readonly value: Value;
  readonly head: ComponentChildren;
  readonly text: string;
  /** A class of its colour. */
  readonly tone?: string | undefined;
}

export interface ChipsProps<Value extends string> {
  readonly label: string;
  readonly chips: readonly Chip<Value>[];
  readonly chosen: Value;
  readonly onPick: (value: Value) => void;
  readonly class?: string;
}

export function Chips<Value extends string>({ label, chips, chosen, onPick, class: className = '' }: ChipsProps<Value>) {
  return (
    <fieldset class={`chips ${className}`} aria-label={label}>
      {chips.map(({ value, head, text, tone = '' }) => (
        <button key={value} type="button" class={`chip ${tone}`} aria-pressed={chosen === value} onClick={() => onPick(value)}>
          <strong>{head}</strong> {text}
        </button>
      ))}
    </fieldset>
  );
}
