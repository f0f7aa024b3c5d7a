import type { HubModel } from '../../domain/hub-search.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [{ title: 'SOURCE' }, { title: 'KIND' }, { title: 'DOWNLOADS', align: 'right' }, { title: 'TERMS' }];

export function searchText(screen: Screen, models: readonly HubModel[]): string {
  if (models.length === 0) return 'nothing was found';
  return table(
    screen,
    COLUMNS,
    models.map(({ id, pipeline = '', downloads, isGated }) => [`hf://${id}`, pipeline, String(downloads), isGated ? 'to be accepted' : '']),
  );
}
