import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

export interface ButtonProps {
  readonly children: ComponentChildren;
  /** While what it returns is under way, the button waits with it, and keeps the focus. */
  readonly onPress: () => unknown;
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  /** Where the words on it do not say what it is about. They must be a part of it. */
  readonly label?: string;
  readonly isPressed?: boolean;
  /** Says so, and keeps the focus: what a disabled one would lose. */
  readonly isOff?: boolean;
}

export function Button({ children, onPress, kind = 'plain', label, isPressed, isOff = false }: ButtonProps) {
  const isBusy = useSignal(false);
  const press = async (): Promise<void> => {
    if (isBusy.value || isOff) return;
    isBusy.value = true;
    try {
      await onPress();
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <button
      type="button"
      class={`button ${kind}`}
      aria-label={label}
      aria-pressed={isPressed}
      aria-busy={isBusy.value || undefined}
      aria-disabled={isBusy.value || isOff || undefined}
      onClick={() => void press()}
    >
      {children}
    </button>
  );
}
