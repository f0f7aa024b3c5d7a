import type { Signal } from '@preact/signals';
import { Name } from './name.tsx';

/** What is open, by key. */
export type Opened = Signal<ReadonlySet<string>>;

export interface UnfoldProps {
  readonly text: string;
  readonly id: string;
  readonly open: Opened;
}

/** Shows more of its row, or hides it again. */
export function Unfold({ text, id, open }: UnfoldProps) {
  const toggle = (): void => {
    const next = new Set(open.value);
    if (!next.delete(id)) next.add(id);
    open.value = next;
  };
  return (
    <button type="button" class="unfold" aria-expanded={open.value.has(id)} onClick={toggle}>
      <Name text={text} />
    </button>
  );
}
