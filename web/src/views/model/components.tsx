import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { ModelHealth } from '../../api/wire.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Name } from '../../ui/name.tsx';

type Component = ModelHealth['components'][number];

const COLUMNS: readonly Column<Component>[] = [
  { title: 'Component', isHead: true, cell: ({ component }) => <Name text={component ?? '(none)'} /> },
  { title: 'State', isPlain: true, cell: (component) => <ComponentMark component={component} /> },
  { title: 'Files', align: 'end', cell: ({ file_count }) => file_count },
  { title: 'Size', align: 'end', cell: ({ total_bytes }) => formatBytes(total_bytes) },
];

export const Components = ({ components }: { readonly components: readonly Component[] }) => (
  <section class="card">
    <h2>Components</h2>
    <DataTable caption="components" columns={COLUMNS} rows={components} keyOf={({ component }) => component ?? ''} />
  </section>
);

function ComponentMark({
  component: { complete, missing_files: missing, faulty_files: faulty, required },
}: {
  readonly component: Component;
}) {
  if (complete) return <Mark verdict="good" text="complete" />;
  if (faulty.length > 0) return <Mark verdict="bad" text={`${faulty.length} wrong`} />;
  return <Mark verdict={required ? 'soft' : 'none'} text={`${missing.length} missing${required ? '' : ', optional'}`} />;
}
