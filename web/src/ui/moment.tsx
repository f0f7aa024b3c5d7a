import { minuteOf } from '../../../src/util/minute-of.ts';
import { nowMs } from '../state/now.ts';
import { ago } from './ago.ts';

export interface MomentProps {
  readonly iso: string | null | undefined;
  /** Both to the minute and how far away it is; else the minute is told on a closer look. */
  readonly isFull?: boolean;
}

export function Moment({ iso, isFull = false }: MomentProps) {
  if (iso == null) return <span class="faint">never</span>;
  const [minute, distance] = [minuteOf(iso), ago(Date.parse(iso), nowMs.value)];
  return (
    <time dateTime={iso} title={isFull ? undefined : minute}>
      {distance}
      {isFull && (
        <>
          , <span>{minute}</span>
        </>
      )}
    </time>
  );
}
