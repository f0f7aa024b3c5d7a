import type { ModelDetails } from '../../api/wire.ts';
import { type Fact, Facts } from '../../ui/facts.tsx';
import { notedWords } from './noted-words.ts';

/** What people and programs say of it: in the manifest, or to the registry. Nothing of it was measured. */
export function Noted({ details: { tags, capabilities, requirements, metadata } }: { readonly details: ModelDetails }) {
  const others = [...Object.entries(requirements), ...Object.entries(metadata)];
  const facts: readonly Fact[] = [
    ['tags', tags.join(', ')],
    ['capabilities', capabilities.join(', ')],
    ...others.map(([name, value]) => [name.replaceAll('_', ' '), notedWords(value)] as const),
  ];
  if (facts.every(([, words]) => words === '')) return null;
  return (
    <section class="card">
      <h2>What is noted of it</h2>
      <Facts facts={facts} />
    </section>
  );
}
