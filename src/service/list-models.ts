/** Filters, order and pages of a list, in the words of whoever calls. Pure. */
import { type ModelStatusName, modelTypeOf } from '../domain/model-kinds.ts';
import type { ModelEntry } from './wire/model-entry-wire.ts';

export const SORT_KEYS = ['name', 'id', 'size', 'status', 'type', 'created_at'] as const;

export interface ListQuestion {
  readonly status?: ModelStatusName | undefined;
  readonly type?: string | undefined;
  readonly search?: string | undefined;
  readonly worker?: string | undefined;
  readonly family?: string | undefined;
  readonly tag?: string | undefined;
  /** Whether no manifest has it. */
  readonly custom?: boolean | undefined;
  readonly sortBy?: (typeof SORT_KEYS)[number] | undefined;
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

export interface ModelPage {
  readonly models: readonly ModelEntry[];
  /** That match, on all pages. */
  readonly total: number;
}

export function pageOf(entries: readonly ModelEntry[], question: ListQuestion): ModelPage {
  const found = entries.filter((entry) => isMeant(entry, question));
  const sorted = question.sortBy === undefined ? found : found.toSorted(comparing(question.sortBy));
  const ordered = question.descending ? sorted.toReversed() : sorted;
  return { models: ordered.slice(question.offset, question.offset + question.limit), total: found.length };
}

function isMeant(entry: ModelEntry, { status, type, search, worker, family, tag, custom }: ListQuestion): boolean {
  if (worker !== undefined) return false;
  // What was removed is told to whoever asks for it.
  if (entry.status !== status && (status !== undefined || entry.status === 'deleted')) return false;
  if (family !== undefined && entry.family !== family) return false;
  if (tag !== undefined && !entry.tags.includes(tag)) return false;
  if (custom !== undefined && entry.custom !== custom) return false;
  if (type !== undefined && entry.type !== modelTypeOf(type.toLowerCase())) return false;
  return search === undefined || matches(entry, search.toLowerCase());
}

const matches = ({ id, description, type, family, tags }: ModelEntry, search: string): boolean =>
  [id, description, type, family, ...tags].some((text) => text.toLowerCase().includes(search));

const comparing = (key: NonNullable<ListQuestion['sortBy']>) => {
  if (key === 'size') return (a: ModelEntry, b: ModelEntry) => a.size_bytes - b.size_bytes;
  return (a: ModelEntry, b: ModelEntry) => (a[key] < b[key] ? -1 : Number(a[key] > b[key]));
};
