import { computed, signal } from '@preact/signals';
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
import { stateOf } from './model-state.ts';
import { StateMark } from './state-mark.tsx';
import { Summary } from './summary.tsx';

const LOOK_MS = 5000;
/** A long list takes a while to be told, and jobs say by themselves what changes. */
const RARE_MS = 15_000;
const MANY = 200;

const COLUMNS: readonly Column<Model>[] = [
  { title: 'Model', sortKey: 'id', isHead: true, cell: (model) => <ModelName model={model} /> },
  { title: 'State', sortKey: 'state', isPlain: true, cell: (model) => <StateMark state={stateOf(model)} /> },
  { title: 'Here', isPlain: true, cell: (model) => <ModelProgress model={model} /> },
  { title: 'Size', sortKey: 'size', align: 'end', cell: ({ file_count, size_bytes }) => (file_count === 0 ? '' : formatBytes(size_bytes)) },
  { title: 'Proof', isTight: true, cell: ({ proof }) => proof ?? <span class="faint">not known yet</span> },
  { title: 'Verified', sortKey: 'verified', isTight: true, cell: ({ verified_at }) => <Moment iso={verified_at} /> },
  { title: 'Family', sortKey: 'family', cell: ({ family }) => <Name text={family} /> },
  { title: 'Type', sortKey: 'type', isWide: true, cell: ({ type }) => <Name text={type} /> },
];

/** Whoever comes back from a model finds the list as it was left. */
const choice = signal(EVERYTHING);
const order = signal<Order<SortKey>>({ by: 'id', isDescending: false });
const pinned = computed(() => new Set((pins.value ?? []).filter(({ state }) => state !== 'expired').map(({ ref }) => ref)));
const shown = computed(() => orderModels(chooseModels(models.value ?? [], choice.value, pinned.value), order.value));

export function ModelsView() {
  useWatched(models, (models.value?.length ?? 0) > MANY ? RARE_MS : LOOK_MS);
  useWatched(pins, LOOK_MS);
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
                  chosenBy={JSON.stringify(choice.value)}
                />
              )}
            </>
          )
        }
      </Loaded>
    </>
  );
}

function ModelName({ model: { id, description, custom } }: { readonly model: Model }) {
  return (
    <>
      <a class="model-name" href={hrefOf({ view: 'models', id })}>
        <Name text={id} />
      </a>
      {pinned.value.has(id) && <span class="tag">pinned</span>}
      {custom && <span class="tag">registered</span>}
      {description !== '' && (
        <span class="about short">
          <Name text={description} />
        </span>
      )}
    </>
  );
}
