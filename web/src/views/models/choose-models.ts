/** Which models are shown, and in which order. Pure. */
import type { Model } from '../../api/wire.ts';
import type { Order } from '../../ui/data-table.tsx';
import { stateOf } from './model-state.ts';

export interface Choice {
  readonly search: string;
  /** '' for any. */
  readonly state: string;
  readonly family: string;
  readonly type: string;
  readonly onlyPinned: boolean;
  /** Registered or uploaded: in no manifest. */
  readonly onlyCustom: boolean;
}

export const EVERYTHING: Choice = { search: '', state: '', family: '', type: '', onlyPinned: false, onlyCustom: false };

export type SortKey = 'state' | 'id' | 'family' | 'type' | 'size' | 'verified';

/** What needs somebody first. */
const STATES = ['CORRUPT', 'ERROR', 'PARTIAL', 'DOWNLOADING', 'VERIFYING', 'UNKNOWN', 'NOT_PRESENT', 'COMPLETE'];

export function chooseModels(models: readonly Model[], choice: Choice, pinned: ReadonlySet<string>): readonly Model[] {
  const words = choice.search.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter((model) => {
    if (choice.state !== '' && stateOf(model) !== choice.state) return false;
    if (choice.family !== '' && model.family !== choice.family) return false;
    if (choice.type !== '' && model.type !== choice.type) return false;
    if (choice.onlyPinned && !pinned.has(model.id)) return false;
    if (choice.onlyCustom && !model.custom) return false;
    const text = `${model.id} ${model.description} ${model.family} ${model.type} ${model.tags.join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export function orderModels(models: readonly Model[], { by, isDescending }: Order<SortKey>): readonly Model[] {
  const keyOf = VALUES[by];
  const sorted = models.toSorted((a, b) => compare(keyOf(a), keyOf(b)) || compare(a.id, b.id));
  return isDescending ? sorted.toReversed() : sorted;
}

const VALUES: Readonly<Record<SortKey, (model: Model) => string | number>> = {
  state: (model) => STATES.indexOf(stateOf(model)),
  id: ({ id }) => id,
  family: ({ family }) => family,
  type: ({ type }) => type,
  size: ({ size_bytes }) => size_bytes,
  verified: ({ verified_at }) => verified_at ?? '',
};

/** `m2` before `m10`, as people count. */
const { compare: compareTexts } = new Intl.Collator('en', { numeric: true });

const compare = (a: string | number, b: string | number): number =>
  typeof a === 'string' && typeof b === 'string' ? compareTexts(a, b) : Number(a) - Number(b);

/** How many of each, most first. */
export function countsOf(models: readonly Model[], keyOf: (model: Model) => string): readonly (readonly [key: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const model of models) counts.set(keyOf(model), (counts.get(keyOf(model)) ?? 0) + 1);
  return [...counts].sort(([a, many], [b, more]) => more - many || compare(a, b));
}
