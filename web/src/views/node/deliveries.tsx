import { formatDuration } from '../../../../src/util/format-duration.ts';
import type { Delivery } from '../../api/wire.ts';
import { useAnswer } from '../../state/resource.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Mark, type Verdict } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Name } from '../../ui/name.tsx';

const LOOK_MS = 5000;

const VERDICTS: Readonly<Record<Delivery['state'], Verdict>> = { pending: 'none', delivered: 'good', failed: 'bad' };

const COLUMNS: readonly Column<Delivery>[] = [
  { title: 'Event', isHead: true, cell: ({ type }) => <Name text={type} /> },
  { title: 'State', isPlain: true, cell: ({ state }) => <Mark verdict={VERDICTS[state]} text={state} /> },
  { title: 'Made', isTight: true, cell: ({ created_at: at }) => <Moment iso={at} /> },
  { title: 'Tries', align: 'end', cell: ({ attempts }) => attempts },
  { title: 'Last answer', isWide: true, cell: ({ last }) => last && <Name text={answerWords(last)} /> },
  { title: 'Next try', isTight: true, cell: ({ next_at: at }) => at && <Moment iso={at} /> },
];

/** What was sent to a receiver, and what waits. */
export function Deliveries({ id }: { readonly id: string }) {
  const deliveries = useAnswer<{ readonly deliveries: readonly Delivery[] }>(`/webhooks/${id}/deliveries`, LOOK_MS);
  return (
    <Loaded of={deliveries}>
      {({ deliveries: all }) =>
        all.length === 0 ? (
          <p class="faint">Nothing was to be sent yet.</p>
        ) : (
          <DataTable caption="deliveries" columns={COLUMNS} rows={all} keyOf={({ id: delivery }) => delivery} pageSize={20} />
        )
      }
    </Loaded>
  );
}

const answerWords = ({ status, error, duration_ms: ms }: NonNullable<Delivery['last']>): string =>
  `${[status, error].filter((part) => part !== undefined).join(': ')} in ${formatDuration(ms)}`;
