import { useComputed, useSignal } from '@preact/signals';
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { Model } from '../../api/wire.ts';
import { models, pins } from '../../state/models.ts';
import { useWatched } from '../../state/resource.ts';
import { hrefOf } from '../../state/route.ts';
import { type Column, DataTable, type Order } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Name } from '../../ui/name.tsx';
import { chooseModels, EVERYTHING, orderModels, type SortKey } from './choose-models.ts';
import { Filters } from './filters.tsx';
import { ModelProgress } from './model-progress.tsx';
import { StateMark } from './state-mark.tsx';
import { Summary } from './summary.tsx';

const LOOK_MS = 5000;

const COLUMNS: readonly Column<Model>[] = [
  { title: 'Model', sortKey: 'id', isHead: true, cell: (model) => <ModelName model={model} /> },
  { title: 'State', sortKey: 'state', isPlain: true, cell: ({ state }) => <StateMark state={state} /> },
  { title: 'Here', isPlain: true, cell: (model) => <ModelProgress model={model} /> },
  { title: 'Size', sortKey: 'size', align: 'end', cell: ({ size_bytes }) => formatBytes(size_bytes) },
  { title: 'Proof', isTight: true, cell: ({ proof }) => proof ?? 'not known yet' },
  { title: 'Verified', sortKey: 'verified', cell: ({ verified_at }) => <Moment iso={verified_at} /> },
  { title: 'Family', sortKey: 'family', cell: ({ family }) => <Name text={family} /> },
  { title: 'Type', sortKey: 'type', isTight: true, cell: ({ type }) => <Name text={type} /> },
];

export function ModelsView() {
  useWatched(models, LOOK_MS);
  useWatched(pins, LOOK_MS);
  const choice = useSignal(EVERYTHING);
  const order = useSignal<Order<SortKey>>({ by: 'id', isDescending: false });
  const pinned = useComputed(() => new Set((pins.value ?? []).filter(({ state }) => state !== 'expired').map(({ ref }) => ref)));
  const shown = useComputed(() => orderModels(chooseModels(models.value ?? [], choice.value, pinned.value), order.value));
  const setOrder = (by: string): void => {
    order.value = { by: by as SortKey, isDescending: order.value.by === by && !order.value.isDescending };
  };
  return (
    <>
      <h1>Models</h1>
      <Loaded of={models}>
        {(all) =>
          all.length === 0 ? (
            <Empty title="The manifest defines no models yet">
              <p>
                Add one on the machine of the service, with <code>wan models add hf://OWNER/NAME</code>; it is shown here at once.
              </p>
            </Empty>
          ) : (
            <>
              <Summary models={all} choice={choice} />
              <Filters models={all} choice={choice} order={order} />
              <p class="heard" role="status">
                {shown.value.length} of {all.length} models
              </p>
              {shown.value.length === 0 ? (
                <Empty title="No model is like that">
                  <button type="button" class="button" onClick={() => (choice.value = EVERYTHING)}>
                    Show all {all.length}
                  </button>
                </Empty>
              ) : (
                <DataTable
                  caption="models"
                  columns={COLUMNS}
                  rows={shown.value}
                  keyOf={({ id }) => id}
                  order={order.value}
                  onOrder={setOrder}
                />
              )}
            </>
          )
        }
      </Loaded>
    </>
  );
}

function ModelName({ model: { id, description } }: { readonly model: Model }) {
  const isPinned = (pins.value ?? []).some(({ ref, state }) => ref === id && state !== 'expired');
  return (
    <>
      <a class="model-name" href={hrefOf({ view: 'models', id })}>
        <Name text={id} />
      </a>
      {isPinned && <span class="tag">pinned</span>}
      {description !== '' && (
        <span class="about">
          <Name text={description} />
        </span>
      )}
    </>
  );
}
