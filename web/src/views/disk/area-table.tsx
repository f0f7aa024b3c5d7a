import { useSignal } from '@preact/signals';
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { Disk } from '../../api/wire.ts';
import { hrefOf } from '../../state/route.ts';
import { type Column, DataTable, type Order } from '../../ui/data-table.tsx';
import { Select } from '../../ui/field.tsx';
import { Name } from '../../ui/name.tsx';

interface Holder {
  readonly name: string;
  readonly href?: string;
  readonly family?: string;
  readonly note: string;
  readonly apparent: number;
  readonly onDisk: number;
  readonly unique: number;
}

const GROUPS = { model: 'models', family: 'families', component: 'components' } as const;
type Group = keyof typeof GROUPS;

const VALUES: Readonly<Record<string, (holder: Holder) => string | number>> = {
  name: ({ name }) => name,
  apparent: ({ apparent }) => apparent,
  disk: ({ onDisk }) => onDisk,
  unique: ({ unique }) => unique,
};

const COLUMNS: readonly Column<Holder>[] = [
  {
    title: 'Name',
    sortKey: 'name',
    isHead: true,
    cell: ({ name, href }) =>
      href === undefined ? (
        <Name text={name} />
      ) : (
        <a class="model-name" href={href}>
          <Name text={name} />
        </a>
      ),
  },
  { title: 'Family', cell: ({ family }) => family && <Name text={family} /> },
  { title: 'Apparent', sortKey: 'apparent', align: 'end', cell: ({ apparent }) => formatBytes(apparent) },
  { title: 'On disk', sortKey: 'disk', align: 'end', cell: ({ onDisk }) => formatBytes(onDisk) },
  { title: 'Unique', sortKey: 'unique', align: 'end', cell: ({ unique }) => formatBytes(unique) },
  { title: 'Note', isPlain: true, cell: ({ note }) => note },
];

/** The map in words: what each takes, and what alone would come back with it. */
export function AreaTable({ disk }: { readonly disk: Disk }) {
  const group = useSignal<Group>('model');
  const order = useSignal<Order>({ by: 'disk', isDescending: true });
  const keyOf = VALUES[order.value.by] ?? (({ name }: Holder) => name);
  const sorted = holdersOf(disk, group.value).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : Number(keyOf(a) > keyOf(b))));
  return (
    <section class="stack">
      <div class="row between">
        <h2>What takes the disk</h2>
        <Select
          label="By"
          value={group.value}
          choices={Object.entries(GROUPS).map(([value, text]) => ({ value, text }))}
          onPick={(value) => (group.value = value as Group)}
        />
      </div>
      <p class="faint">Unique is what removing it, and nothing else, would give back.</p>
      <DataTable
        caption={`${GROUPS[group.value]} on disk`}
        columns={COLUMNS}
        rows={order.value.isDescending ? sorted.toReversed() : sorted}
        keyOf={({ name }) => name}
        order={order.value}
        onOrder={(by) => (order.value = { by, isDescending: order.value.by !== by || !order.value.isDescending })}
        pageSize={50}
      />
    </section>
  );
}

function holdersOf({ models, families, components }: Disk, group: Group): readonly Holder[] {
  if (group === 'model')
    return models.map(({ ref: name, family, pinned, readable, ...sum }) => ({
      name,
      family,
      note: readable ? (pinned ? 'pinned' : '') : 'no readable record: ensure it, or remove it',
      ...(readable && { href: hrefOf({ view: 'models', id: name }) }),
      ...sums(sum),
    }));
  return (group === 'family' ? families : components).map(({ name, ...sum }) => ({ name, note: '', ...sums(sum) }));
}

const sums = (sum: { readonly apparent_bytes: number; readonly disk_bytes: number; readonly unique_bytes: number }) => ({
  apparent: sum.apparent_bytes,
  onDisk: sum.disk_bytes,
  unique: sum.unique_bytes,
});
