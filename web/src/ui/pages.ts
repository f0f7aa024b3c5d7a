/** Long lists are drawn a page at a time. Pure. */

export interface PageView<Item> {
  readonly items: readonly Item[];
  /** From 0; the last one, where there are fewer than were asked for. */
  readonly page: number;
  readonly pageCount: number;
  /** Of the first and the last item shown, from 1. */
  readonly from: number;
  readonly to: number;
}

export function pageView<Item>(items: readonly Item[], wanted: number, size: number): PageView<Item> {
  const pageCount = Math.max(1, Math.ceil(items.length / size));
  const page = Math.min(Math.max(0, wanted), pageCount - 1);
  const shown = items.slice(page * size, (page + 1) * size);
  return { items: shown, page, pageCount, from: shown.length === 0 ? 0 : page * size + 1, to: page * size + shown.length };
}
