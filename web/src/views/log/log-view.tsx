import { useSignal } from '@preact/signals';
import type { AuditLine } from '../../api/wire.ts';
import { auditLog, isLongerLog, loadOlder } from '../../state/audit-log.ts';
import { attempt } from '../../state/notices.ts';
import { useWatched } from '../../state/resource.ts';
import { may } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Check, TextField } from '../../ui/field.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Name } from '../../ui/name.tsx';
import { actorWords, chooseLines, factWords, momentWords } from './line-words.ts';

const LOOK_MS = 3000;

const COLUMNS: readonly Column<AuditLine>[] = [
  { title: 'Line', align: 'end', cell: ({ seq }) => seq },
  { title: 'Time', isPlain: true, cell: ({ time }) => <time dateTime={time}>{momentWords(time)}</time> },
  { title: 'Act', isHead: true, isTight: true, cell: ({ act }) => act },
  {
    title: 'Model',
    isTight: true,
    isPlain: true,
    cell: ({ reference }) =>
      reference && (
        <span class="mono">
          <Name text={reference} />
        </span>
      ),
  },
  { title: 'Outcome', isPlain: true, cell: ({ outcome }) => <Mark verdict={outcome === 'ok' ? 'good' : 'bad'} text={outcome} /> },
  { title: 'By', cell: (line) => <Name text={actorWords(line)} /> },
  {
    title: 'Facts',
    isPlain: true,
    cell: (line) => (
      <span class="faint">
        <Name text={factWords(line)} />
      </span>
    ),
  },
];

export function LogView() {
  return (
    <>
      <h1>Log</h1>
      {may('admin') ? (
        <Lines />
      ) : (
        <Empty title="The audit log names users and machines">
          <p>To read it, log in with a token of the scope admin. What was done lately is in the view Queue, too.</p>
        </Empty>
      )}
    </>
  );
}

function Lines() {
  useWatched(auditLog, LOOK_MS);
  const search = useSignal('');
  const onlyFailed = useSignal(false);
  return (
    <Loaded of={auditLog}>
      {(all) => {
        const rows = chooseLines(all, { search: search.value, onlyFailed: onlyFailed.value });
        return (
          <>
            <search class="filters">
              <TextField
                label="Search"
                type="search"
                value={search.value}
                onText={(text) => (search.value = text)}
                placeholder="act, model, who, fact"
              />
              <Check label="Failed only" isChecked={onlyFailed.value} onCheck={(is) => (onlyFailed.value = is)} />
            </search>
            {rows.length === 0 ? (
              <NoLines isAny={all.length > 0} />
            ) : (
              <DataTable caption="acts" columns={COLUMNS} rows={rows} keyOf={({ seq }) => String(seq)} />
            )}
            {isLongerLog() && (
              <div class="row room">
                <Button onPress={() => attempt(loadOlder)}>Older lines</Button>
              </div>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

const NoLines = ({ isAny }: { readonly isAny: boolean }) =>
  isAny ? (
    <Empty title="No line is like that" />
  ) : (
    <Empty title="Nothing is on record yet">
      <p>Whatever changes or removes something leaves a line here, whoever did it: an ensure, a pin, a gc.</p>
    </Empty>
  );
