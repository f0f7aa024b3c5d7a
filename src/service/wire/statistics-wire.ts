import { MODEL_STATUSES } from '../../domain/model-kinds.ts';
import type { Wire } from '../../wire/wire.ts';
import type { statistics } from '../contract/models.ts';
import type { KnownModels } from '../known-models.ts';
import { bareEntryWire } from './bare-entry-wire.ts';
import { type ModelEntry, modelEntryWire } from './model-entry-wire.ts';

export function statisticsWire({ models, bare, isWhole }: KnownModels): Wire<typeof statistics> {
  const entries = [...models.map(modelEntryWire), ...bare.filter(({ deletedAt }) => deletedAt === undefined).map(bareEntryWire)];
  const available = entries.filter(({ status }) => status === 'available');
  return {
    total_models: entries.length,
    by_status: Object.fromEntries(MODEL_STATUSES.map((status) => [status, entries.filter((entry) => entry.status === status).length])),
    by_type: countsBy(entries, ({ type }) => type),
    by_family: countsBy(entries, ({ family }) => family),
    total_bytes: sum(entries, ({ size_bytes }) => size_bytes),
    available_bytes: sum(available, ({ size_bytes }) => size_bytes),
    bytes_needed: sum(entries, ({ bytes_needed }) => bytes_needed),
    complete: isWhole,
  };
}

const countsBy = (entries: readonly ModelEntry[], keyOf: (entry: ModelEntry) => string): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(entries, keyOf)].map(([key, group]) => [key, group.length]));

const sum = (entries: readonly ModelEntry[], bytesOf: (entry: ModelEntry) => number): number =>
  entries.reduce((total, entry) => total + bytesOf(entry), 0);
