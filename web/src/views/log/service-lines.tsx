import type { LogLine } from '../../api/wire.ts';
import { serviceLog } from '../../state/logs.ts';
import type { Column } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Mark, type Verdict } from '../../ui/mark.tsx';
import { Name } from '../../ui/name.tsx';
import { LineList } from './line-list.tsx';
import { chooseLogLines, momentWords } from './line-words.ts';

const VERDICTS: Readonly<Record<LogLine['level'], Verdict>> = { ERROR: 'bad', WARN: 'soft', INFO: 'none', DEBUG: 'none' };

const COLUMNS: readonly Column<LogLine>[] = [
  { title: 'Line', align: 'end', cell: ({ seq }) => seq },
  { title: 'Time', isPlain: true, cell: ({ timestamp }) => <time dateTime={timestamp}>{momentWords(timestamp)}</time> },
  { title: 'Level', isPlain: true, cell: ({ level }) => <Mark verdict={VERDICTS[level]} text={level.toLowerCase()} /> },
  { title: 'Event', isTight: true, cell: ({ event }) => event },
  { title: 'Message', isHead: true, cell: ({ message }) => <Name text={message} /> },
  {
    title: 'Correlation id',
    cell: ({ correlation_id }) => (
      <span class="mono faint" title={correlation_id}>
        <Name text={correlation_id.slice(0, 8)} />
      </span>
    ),
  },
];

export const ServiceLines = () => (
  <LineList
    log={serviceLog}
    caption="lines of the service"
    columns={COLUMNS}
    choose={chooseLogLines}
    placeholder="message, event, model, correlation id"
    failedLabel="Warnings and errors only"
    none={(isAny) => <Empty title={isAny ? 'No line is like that' : 'The service has said nothing yet'} />}
  />
);
