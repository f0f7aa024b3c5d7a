import type { AuditLine } from '../../api/wire.ts';
import { auditLog } from '../../state/logs.ts';
import type { Column } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Name } from '../../ui/name.tsx';
import { LineList } from './line-list.tsx';
import { actorWords, chooseLines, factWords, momentWords } from './line-words.ts';

const COLUMNS: readonly Column<AuditLine>[] = [
  { title: 'Line', align: 'end', cell: ({ seq }) => seq },
  { title: 'Time', isPlain: true, cell: ({ time }) => <time dateTime={time}>{momentWords(time)}</time> },
  { title: 'Act', isHead: true, isTight: true, cell: ({ act }) => act },
  {
    title: 'Model',
    isWide: true,
    isPlain: true,
    cell: ({ reference }) =>
      reference && (
        <span class="mono">
          <Name text={reference} />
        </span>
      ),
  },
  { title: 'Outcome', isPlain: true, cell: ({ outcome }) => <Mark verdict={outcome === 'ok' ? 'good' : 'bad'} text={outcome} /> },
  { title: 'By', isWide: true, cell: (line) => <Name text={actorWords(line)} /> },
  {
    title: 'Facts',
    isPlain: true,
    isWide: true,
    cell: (line) => (
      <span class="faint">
        <Name text={factWords(line)} />
      </span>
    ),
  },
];

export const AuditLines = () => (
  <LineList
    log={auditLog}
    caption="acts"
    columns={COLUMNS}
    choose={chooseLines}
    placeholder="act, model, who, fact"
    failedLabel="Failed only"
    none={(isAny) => (isAny ? <Empty title="No line is like that" /> : <NothingYet />)}
  />
);

const NothingYet = () => (
  <Empty title="Nothing is on record yet">
    <p>Whatever changes or removes something leaves a line here, whoever did it: an ensure, a pin, a gc.</p>
  </Empty>
);
