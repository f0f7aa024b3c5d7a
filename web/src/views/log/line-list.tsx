import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { LineLog } from '../../state/line-log.ts';
import { attempt } from '../../state/notices.ts';
import { useWatched } from '../../state/resource.ts';
import { Button } from '../../ui/button.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Check, TextField } from '../../ui/field.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import type { LineChoice } from './line-words.ts';

const LOOK_MS = 3000;

export interface LineListProps<Line extends { readonly seq: number }> {
  readonly log: LineLog<Line>;
  readonly caption: string;
  readonly columns: readonly Column<Line>[];
  readonly choose: (lines: readonly Line[], choice: LineChoice) => readonly Line[];
  readonly placeholder: string;
  readonly failedLabel: string;
  readonly none: (isAny: boolean) => ComponentChildren;
}

/** Lines as they come, searched among what was asked for so far. */
export function LineList<Line extends { readonly seq: number }>(props: LineListProps<Line>) {
  const { log, caption, columns, choose, none } = props;
  useWatched(log.all, LOOK_MS);
  const search = useSignal('');
  const onlyFailed = useSignal(false);
  return (
    <Loaded of={log.all}>
      {(all) => {
        const rows = choose(all, { search: search.value, onlyFailed: onlyFailed.value });
        return (
          <>
            <Filters {...props} search={search} onlyFailed={onlyFailed} />
            {rows.length === 0 ? (
              none(all.length > 0)
            ) : (
              <DataTable caption={caption} columns={columns} rows={rows} keyOf={keyOf} chosenBy={`${search.value} ${onlyFailed.value}`} />
            )}
            {log.hasMore && (
              <div class="row room">
                <Button onPress={() => attempt(() => log.loadOlder())}>Older lines</Button>
              </div>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

const keyOf = ({ seq }: { readonly seq: number }): string => String(seq);

interface FiltersProps {
  readonly placeholder: string;
  readonly failedLabel: string;
  readonly search: Signal<string>;
  readonly onlyFailed: Signal<boolean>;
}

const Filters = ({ placeholder, failedLabel, search, onlyFailed }: FiltersProps) => (
  <search class="filters">
    <TextField label="Search" type="search" value={search.value} onText={(text) => (search.value = text)} placeholder={placeholder} />
    <Check label={failedLabel} isChecked={onlyFailed.value} onCheck={(is) => (onlyFailed.value = is)} />
  </search>
);
