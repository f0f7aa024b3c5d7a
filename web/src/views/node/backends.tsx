import type { StorageHealth } from '../../api/wire.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { ErrorWords } from '../../ui/error-words.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Name } from '../../ui/name.tsx';

type Backend = StorageHealth['backends'][number];

const COLUMNS: readonly Column<Backend>[] = [
  {
    title: 'Source',
    isHead: true,
    cell: ({ source }) => (
      <span class="mono">
        <Name text={source} />
      </span>
    ),
  },
  { title: 'State', isPlain: true, cell: (backend) => <BackendMark backend={backend} /> },
  { title: 'Models', align: 'end', cell: ({ models }) => models },
  { title: 'Failures', align: 'end', cell: ({ failures }) => (failures === 0 ? '' : failures) },
  { title: 'Why', isPlain: true, isWide: true, cell: ({ error }) => error && <ErrorWords error={error} /> },
];

/** Where bytes would come from, and what is remembered against it. */
export const Backends = ({ backends }: { readonly backends: readonly Backend[] }) => (
  <section class="stack room">
    <h2>Sources</h2>
    {backends.length === 0 ? (
      <p class="faint">No model names one.</p>
    ) : (
      <DataTable caption="sources" columns={COLUMNS} rows={backends} keyOf={({ source }) => source} pageSize={25} />
    )}
  </section>
);

const BackendMark = ({ backend: { available, failures } }: { readonly backend: Backend }) => (
  <Mark
    verdict={!available ? 'bad' : failures > 0 ? 'soft' : 'good'}
    text={!available ? 'cannot be asked' : failures > 0 ? 'has failed lately' : 'can be asked'}
  />
);
