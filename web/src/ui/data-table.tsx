import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Button } from './button.tsx';
import { type PageView, pageView } from './pages.ts';

export interface Order<Key extends string = string> {
  readonly by: Key;
  readonly isDescending: boolean;
}

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly align?: 'end';
  /** Names what the rest of its row is about. */
  readonly isHead?: boolean;
  /** The list can be ordered by it. */
  readonly sortKey?: string;
  /** Says enough without its title on a narrow screen. */
  readonly isPlain?: boolean;
  /** Short words of our own, which are not broken where there is room. */
  readonly isTight?: boolean;
  /** Text that gets room, however much its neighbours want. */
  readonly isWide?: boolean;
}

export interface DataTableProps<Row> {
  /** What the table is of; heard, not seen. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly order?: Order;
  readonly onOrder?: (by: string) => void;
  readonly pageSize?: number;
  /** What rows were chosen by: another one begins at the first page. */
  readonly chosenBy?: string;
  /** Below a row, over its whole width. */
  readonly more?: (row: Row) => ComponentChildren;
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { caption, columns, rows, keyOf, order, onOrder, pageSize = 100, chosenBy = '', more } = props;
  const table = useRef<HTMLTableElement>(null);
  const page = useSignal(0);
  useEffect(() => {
    page.value = 0;
  }, [order?.by, order?.isDescending, chosenBy]);
  const turnTo = (wanted: number): void => {
    page.value = wanted;
    table.current?.scrollIntoView({ block: 'start' });
  };
  const shown = pageView(rows, page.value, pageSize);
  return (
    <>
      <table ref={table} class="data">
        <caption class="heard">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.title} column={column} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.items.flatMap((row) => {
            const [key, below] = [keyOf(row), more?.(row)];
            return [
              <tr key={key}>
                {columns.map((column) => (
                  <Cell key={column.title} column={column} row={row} />
                ))}
              </tr>,
              ...(below == null
                ? []
                : [
                    <tr key={`${key} more`} class="more">
                      <td colSpan={columns.length}>{below}</td>
                    </tr>,
                  ]),
            ];
          })}
        </tbody>
      </table>
      {shown.pageCount > 1 && <Pager shown={shown} total={rows.length} caption={caption} onPage={turnTo} />}
    </>
  );
}

interface HeadProps<Row> {
  readonly column: Column<Row>;
  readonly order: Order | undefined;
  readonly onOrder: ((by: string) => void) | undefined;
}

function Head<Row>({ column: { title, align, sortKey }, order, onOrder }: HeadProps<Row>) {
  const isOrdered = order !== undefined && order.by === sortKey;
  const direction = isOrdered ? (order.isDescending ? 'descending' : 'ascending') : undefined;
  return (
    <th scope="col" class={align} aria-sort={direction}>
      {sortKey === undefined || onOrder === undefined ? (
        title
      ) : (
        <button type="button" class={`sort ${direction ?? ''}`} onClick={() => onOrder(sortKey)}>
          {title}
        </button>
      )}
    </th>
  );
}

function Cell<Row>({
  column: { title, cell, align, isHead, isPlain, isTight, isWide },
  row,
}: {
  readonly column: Column<Row>;
  readonly row: Row;
}) {
  const content = cell(row);
  const label = isPlain || isHead ? undefined : title;
  if (isHead)
    return (
      <th scope="row" class={isTight ? 'tight' : 'wide'}>
        {content}
      </th>
    );
  return (
    <td
      class={`${align ?? ''} ${isTight ? 'tight' : ''} ${isWide ? 'wide' : ''} ${content == null || content === '' ? 'nothing' : ''}`}
      data-label={label}
    >
      {content}
    </td>
  );
}

interface PagerProps {
  readonly shown: PageView<unknown>;
  readonly total: number;
  readonly caption: string;
  readonly onPage: (page: number) => void;
}

const Pager = ({ shown: { page, pageCount, from, to }, total, caption, onPage }: PagerProps) => (
  <nav class="pager" aria-label={`Pages of ${caption}`}>
    <Button onPress={() => onPage(page - 1)} isOff={page === 0}>
      ‹ Previous
    </Button>
    <span role="status">
      {from}–{to} of {total}
    </span>
    <Button onPress={() => onPage(page + 1)} isOff={page === pageCount - 1}>
      Next ›
    </Button>
    <span class="faint">
      page {page + 1} of {pageCount}
    </span>
  </nav>
);
