import type { ComponentChildren } from 'preact';

export interface Choice {
  readonly value: string;
  readonly text: string;
}

export interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onPick: (value: string) => void;
  /** Its label is heard, not seen. */
  readonly isBare?: boolean;
  readonly class?: string;
}

export const Select = ({ label, value, choices, onPick, isBare = false, class: own = '' }: SelectProps) => (
  <label class={`field ${own}`}>
    <span class={isBare ? 'heard' : 'label'}>{label}</span>
    <select value={value} onChange={(event) => onPick(event.currentTarget.value)}>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.text}
        </option>
      ))}
    </select>
  </label>
);

export interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onText: (value: string) => void;
  readonly placeholder?: string;
  readonly type?: 'text' | 'search' | 'password' | 'number';
  readonly hint?: ComponentChildren;
}

export const TextField = ({ label, value, onText, placeholder, type = 'text', hint }: TextFieldProps) => (
  <label class="field">
    <span class="label">{label}</span>
    <input
      type={type as 'text'}
      value={value}
      placeholder={placeholder}
      autoComplete="off"
      spellcheck={false}
      onInput={(event) => onText(event.currentTarget.value)}
    />
    {hint !== undefined && <span class="hint">{hint}</span>}
  </label>
);

export interface CheckProps {
  readonly label: ComponentChildren;
  readonly isChecked: boolean;
  readonly onCheck: (isChecked: boolean) => void;
}

export const Check = ({ label, isChecked, onCheck }: CheckProps) => (
  <label class="check">
    <input type="checkbox" checked={isChecked} onChange={(event) => onCheck(event.currentTarget.checked)} />
    <span>{label}</span>
  </label>
);
