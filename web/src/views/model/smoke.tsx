import { formatBytes } from '../../../../src/util/format-bytes.ts';
import { formatDuration } from '../../../../src/util/format-duration.ts';
import type { ModelHealth } from '../../api/wire.ts';
import { Facts } from '../../ui/facts.tsx';
import { Mark, type Verdict } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';

type Note = NonNullable<ModelHealth['smoke']>;

const VERDICTS: Readonly<Record<Note['verdict'], Verdict>> = { passed: 'good', failed: 'bad', unknown: 'soft' };

/** Whether clips came out of these very files, the last time that somebody tried. */
export const Smoke = ({ note }: { readonly note: Note }) => (
  <section class="card">
    <h2>Smoke test</h2>
    <Facts
      facts={[
        ['verdict', <Mark key="verdict" verdict={VERDICTS[note.verdict]} text={note.verdict} />],
        ['why', note.error?.message],
        ['at', <Moment key="at" iso={note.at} isFull />],
        ['took', formatDuration(1000 * note.duration_seconds)],
        ['on', note.device_name ?? note.device],
        ['clips', note.modes.join(', ')],
        ['step', note.step_seconds === undefined ? undefined : formatDuration(1000 * note.step_seconds)],
        ['GPU peak', note.gpu_peak_bytes === undefined ? undefined : formatBytes(note.gpu_peak_bytes)],
        ['host peak', note.host_peak_bytes === undefined ? undefined : formatBytes(note.host_peak_bytes)],
      ]}
    />
  </section>
);
