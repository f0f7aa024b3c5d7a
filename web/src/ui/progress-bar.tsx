export interface ProgressBarProps {
  readonly done: number;
  readonly total: number;
  /** Of what. */
  readonly label: string;
  readonly kind?: 'running' | 'still' | 'bad' | 'good';
}

export function ProgressBar({ done, total, label, kind = 'running' }: ProgressBarProps) {
  return <progress class={`bar ${kind}`} max={Math.max(1, total)} value={Math.min(done, Math.max(1, total))} aria-label={label} />;
}
