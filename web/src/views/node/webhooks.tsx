import { useSignal } from '@preact/signals';
import type { Webhook } from '../../api/wire.ts';
import { useAnswer } from '../../state/resource.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Name } from '../../ui/name.tsx';
import { type Opened, Unfold } from '../../ui/unfold.tsx';
import { Deliveries } from './deliveries.tsx';

const LOOK_MS = 5000;

/** Who is told of events by HTTP, and whether they are reached. To look at: they are added and removed by the command. */
export function Webhooks() {
  const webhooks = useAnswer<{ readonly webhooks: readonly Webhook[] }>('/webhooks', LOOK_MS);
  const open = useSignal<ReadonlySet<string>>(new Set());
  return (
    <section class="stack room">
      <h2>Webhooks</h2>
      <Loaded of={webhooks}>
        {({ webhooks: all }) =>
          all.length === 0 ? (
            <p class="faint">
              Nobody is told of events: <code>wan webhooks add URL</code> adds a receiver.
            </p>
          ) : (
            <DataTable
              caption="webhooks"
              columns={columnsFor(open)}
              rows={all}
              keyOf={({ id }) => id}
              more={({ id }) => (open.value.has(id) ? <Deliveries id={id} /> : undefined)}
            />
          )
        }
      </Loaded>
    </section>
  );
}

const columnsFor = (open: Opened): readonly Column<Webhook>[] => [
  { title: 'Receiver', isHead: true, cell: ({ id, url }) => <Unfold text={url} id={id} open={open} /> },
  { title: 'State', isPlain: true, cell: (webhook) => <WebhookMark webhook={webhook} /> },
  { title: 'Events', isWide: true, cell: ({ events }) => <Name text={events.join(', ')} /> },
  { title: 'Waiting', align: 'end', cell: ({ pending }) => pending },
  { title: 'Failures', align: 'end', cell: ({ failures }) => failures },
  { title: 'Lost', align: 'end', cell: ({ lost }) => lost },
  { title: 'Last success', isTight: true, cell: ({ last_success_at: at }) => <Moment iso={at} /> },
];

function WebhookMark({ webhook: { state, reason, failures } }: { readonly webhook: Webhook }) {
  if (state === 'enabled') return <Mark verdict={failures === 0 ? 'good' : 'soft'} text={failures === 0 ? 'enabled' : 'failing'} />;
  return (
    <>
      <Mark verdict="bad" text="disabled" />
      {reason !== undefined && (
        <span class="about">
          <Name text={reason} />
        </span>
      )}
    </>
  );
}
