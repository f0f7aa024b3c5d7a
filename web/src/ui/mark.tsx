export type Verdict = 'good' | 'soft' | 'bad' | 'none' | 'busy';

const SHAPES: Readonly<Record<Verdict, string>> = {
  good: 'M3.5 8.5l3 3 6-7',
  soft: 'M8 3v6M8 12.2v.3',
  bad: 'M4 4l8 8M12 4l-8 8',
  none: 'M4 8h8',
  busy: 'M8 3v9M4.5 8.5L8 12l3.5-3.5',
};

/** A state in a word, with a shape and a colour that say the same. */
export function Mark({ verdict, text }: { readonly verdict: Verdict; readonly text: string }) {
  return (
    <span class={`mark ${verdict}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
        <path d={SHAPES[verdict]} />
      </svg>
      {text}
    </span>
  );
}
