import { formatDuration } from '../../../src/util/format-duration.ts';
import { minuteOf } from '../../../src/util/minute-of.ts';

/** As the command writes it; how long ago that is, on a closer look. */
export function Moment({ iso }: { readonly iso: string | null | undefined }) {
  if (iso == null) return <span class="faint">never</span>;
  const agoMs = Date.now() - Date.parse(iso);
  const distance = formatDuration(Math.abs(agoMs));
  return (
    <time dateTime={iso} title={agoMs < 0 ? `in ${distance}` : `${distance} ago`}>
      {minuteOf(iso)}
    </time>
  );
}
