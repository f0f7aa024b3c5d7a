import type { Signal } from '@preact/signals';
import type { Model } from '../../api/wire.ts';
import type { Order } from '../../ui/data-table.tsx';
import { Check, Select, TextField } from '../../ui/field.tsx';
import { type Choice, countsOf, type SortKey } from './choose-models.ts';

export interface FiltersProps {
  readonly models: readonly Model[];
  readonly choice: Signal<Choice>;
  readonly order: Signal<Order<SortKey>>;
}

const ORDERS: readonly { readonly value: SortKey; readonly text: string }[] = [
  { value: 'id', text: 'name' },
  { value: 'state', text: 'state, worst first' },
  { value: 'size', text: 'size' },
  { value: 'verified', text: 'last verified' },
  { value: 'family', text: 'family' },
  { value: 'type', text: 'type' },
];

export function Filters({ models, choice, order }: FiltersProps) {
  const set = (part: Partial<Choice>): void => {
    choice.value = { ...choice.value, ...part };
  };
  const anyOf = (keyOf: (model: Model) => string) => [
    { value: '', text: 'any' },
    ...countsOf(models, keyOf).map(([value, count]) => ({ value, text: `${value} (${count})` })),
  ];
  const { search, family, type, onlyPinned, onlyCustom } = choice.value;
  return (
    <search class="filters">
      <TextField
        label="Search"
        type="search"
        value={search}
        onText={(text) => set({ search: text })}
        placeholder="name, description, tag"
      />
      <Select label="Family" value={family} choices={anyOf((model) => model.family)} onPick={(value) => set({ family: value })} />
      <Select label="Type" value={type} choices={anyOf((model) => model.type)} onPick={(value) => set({ type: value })} />
      <Select
        label="Order"
        class="narrow-only"
        value={order.value.by}
        choices={ORDERS}
        onPick={(by) => (order.value = { by: by as SortKey, isDescending: false })}
      />
      <span class="row">
        <Check label="Pinned only" isChecked={onlyPinned} onCheck={(is) => set({ onlyPinned: is })} />
        {(onlyCustom || models.some(({ custom }) => custom)) && (
          <Check label="Registered only" isChecked={onlyCustom} onCheck={(is) => set({ onlyCustom: is })} />
        )}
      </span>
    </search>
  );
}
