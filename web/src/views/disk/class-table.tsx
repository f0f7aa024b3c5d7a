import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { Disk } from '../../api/wire.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';

type ByteClass = Disk['classes'][number];

const COLUMNS: readonly Column<ByteClass>[] = [
  { title: 'Bytes that are', isHead: true, cell: (one) => one.class },
  { title: 'Files', align: 'end', cell: ({ files }) => files },
  { title: 'On disk', align: 'end', cell: ({ disk_bytes }) => formatBytes(disk_bytes) },
  { title: 'Given back by', isWide: true, cell: ({ reclaim }) => reclaim },
];

export function ClassTable({ disk: { classes, sharing, tiers } }: { readonly disk: Disk }) {
  const rows = classes.filter(({ files, disk_bytes }) => files + disk_bytes > 0);
  const free = sharing.hard_linked_bytes + sharing.reflinked_bytes;
  return (
    <section class="stack">
      <h2>What the bytes are for</h2>
      <DataTable caption="bytes by what they are for" columns={COLUMNS} rows={rows} keyOf={(one) => one.class} />
      {free > 0 && <p class="faint">Sharing saves {formatBytes(free)}: second names of bytes that are here once.</p>}
      {sharing.copied_bytes > 0 && (
        <p class="faint">
          Second files of {formatBytes(sharing.copied_bytes)} cost as much again: this volume has neither reflinks nor hard links.
        </p>
      )}
      {tiers.map(({ name, model_count, stored_bytes }) => (
        <p key={name} class="faint">
          {model_count} more in the tier {name}, which take {formatBytes(stored_bytes)} there.
        </p>
      ))}
    </section>
  );
}
