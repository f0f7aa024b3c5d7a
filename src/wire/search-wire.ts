import type { searchData } from '../documents/search.ts';
import type { HubModel } from '../domain/hub-search.ts';
import type { Wire } from './wire.ts';

type SearchWire = Wire<typeof searchData>;

export const searchWire = (query: string, models: readonly HubModel[]): SearchWire => ({
  query,
  results: models.map(hubModelWire),
  total: models.length,
});

function hubModelWire({ id, downloads, likes, tags, pipeline, isGated, createdAt, modifiedAt }: HubModel): SearchWire['results'][number] {
  const [author, name = author ?? ''] = id.split('/');
  return {
    ...{ id, name, downloads, likes, tags },
    author: id.includes('/') ? (author ?? null) : null,
    pipeline_tag: pipeline ?? null,
    gated: isGated,
    created_at: createdAt ?? null,
    last_modified: modifiedAt ?? null,
    source: `hf://${id}`,
  };
}
