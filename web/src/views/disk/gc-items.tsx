import { formatBytes } from '../../../../src/util/format-bytes.ts';
import type { GcItem, GcReport } from '../../api/wire.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Mark, type Verdict } from '../../ui/mark.tsx';
import { Name } from '../../ui/name.tsx';

const WORDS: Readonly<Record<GcItem['action'], readonly [planned: string, done: string, verdict: Verdict]>> = {
  remove: ['would be removed', 'removed', 'bad'],
  trash: ['would go to the trash', 'moved to the trash', 'soft'],
  keep: ['would be kept', 'kept', 'none'],
};

const columnsFor = (isDone: boolean): readonly Column<GcItem>[] => [
  {
    title: 'What',
    isHead: true,
    cell: ({ what, kind }) => (
      <>
        <Name text={what} /> <span class="tag">{kind}</span>
      </>
    ),
  },
  { title: 'Outcome', isPlain: true, cell: ({ action }) => <Mark verdict={WORDS[action][2]} text={WORDS[action][isDone ? 1 : 0]} /> },
  { title: 'Frees', align: 'end', cell: ({ bytes, action }) => (action === 'keep' ? '' : formatBytes(bytes)) },
  { title: 'Why', isPlain: true, isWide: true, cell: ({ why }) => <Name text={why} /> },
];

/** A plan in the words of what would happen, a report in those of what did. */
export function GcItems({ result, isDone }: { readonly result: GcReport; readonly isDone: boolean }) {
  const { items, reclaimed_bytes, remove_bytes, trash_bytes, keep_bytes, targets, in_use } = result;
  return (
    <>
      <p>
        <strong>{isDone ? `${formatBytes(reclaimed_bytes)} freed` : `${formatBytes(remove_bytes)} would be freed`}</strong>
        {trash_bytes > 0 && `, ${formatBytes(trash_bytes)} later, when they expire in the trash`}, {formatBytes(keep_bytes)} of models kept
      </p>
      {targets
        .filter(({ short_bytes }) => short_bytes > 0)
        .map(({ kind, wanted_bytes, short_bytes }) => (
          <p key={kind} class="bad-text">
            {formatBytes(short_bytes)} short of the {formatBytes(wanted_bytes)} asked for: what else is here is held, or not to go
          </p>
        ))}
      {in_use.hidden_processes > 0 && (
        <p class="faint">
          {in_use.hidden_processes === 1 ? '1 program' : `${in_use.hidden_processes} programs`} could not be looked into for open files.
        </p>
      )}
      {items.length > 0 && (
        <DataTable
          caption={isDone ? 'what gc did' : 'what gc would do'}
          columns={columnsFor(isDone)}
          rows={items}
          keyOf={({ kind, path }) => `${kind} ${path}`}
          pageSize={50}
        />
      )}
    </>
  );
}
