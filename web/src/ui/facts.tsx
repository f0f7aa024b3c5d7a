import type { ComponentChildren } from 'preact';
import { Name } from './name.tsx';

export type Fact = readonly [name: string, value: ComponentChildren];

/** Names with their values; what has none is left out. Text may be of others. */
export const Facts = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <dl class="facts">
    {facts
      .filter(([, value]) => value !== undefined && value !== null && value !== '')
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === 'string' ? <Name text={value} /> : value}</dd>
        </div>
      ))}
  </dl>
);
