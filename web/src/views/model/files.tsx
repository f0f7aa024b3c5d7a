import { useSignal } from '@preact/signals';
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { ModelHealth } from '../../api/wire.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Check } from '../../ui/field.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Name } from '../../ui/name.tsx';

type File = ModelHealth['files'][number];

const WRONG: readonly unknown[] = ['size', 'digest', 'modified'];

const COLUMNS: readonly Column<File>[] = [
  {
    title: 'File',
    isHead: true,
    cell: ({ path, component }) => (
      <>
        <span class="mono">
          <Name text={path} />
        </span>
        {component !== null && !path.startsWith(`${component}/`) && (
          <span class="about">
            of the component <Name text={component} />
          </span>
        )}
      </>
    ),
  },
  { title: 'State', isPlain: true, cell: (file) => <FileMark file={file} /> },
  { title: 'Size', align: 'end', cell: ({ expected_size }) => formatBytes(expected_size) },
  { title: 'Proof', isTight: true, cell: ({ proof }) => proof },
];

/** What the last look, or the last verification, found of each. */
export function Files({ files }: { readonly files: readonly File[] }) {
  const onlyFaulty = useSignal(false);
  const faulty = files.filter(({ fault }) => fault !== null);
  return (
    <section class="card">
      <div class="row between">
        <h2>Files</h2>
        {faulty.length > 0 && faulty.length < files.length && (
          <Check
            label={`Only the ${faulty.length} not as they must be`}
            isChecked={onlyFaulty.value}
            onCheck={(is) => (onlyFaulty.value = is)}
          />
        )}
      </div>
      <DataTable
        caption="files"
        columns={COLUMNS}
        rows={onlyFaulty.value && faulty.length > 0 ? faulty : files}
        keyOf={({ path }) => path}
        pageSize={50}
      />
    </section>
  );
}

function FileMark({ file: { fault } }: { readonly file: File }) {
  if (fault === null) return <Mark verdict="good" text="proven" />;
  return <Mark verdict={WRONG.includes(fault) ? 'bad' : fault === 'missing' ? 'none' : 'soft'} text={fault} />;
}
