import { useSignal } from '@preact/signals';
import { formatBytes } from '../../../../src/util/format-bytes.ts';
import { formatDuration } from '../../../../src/util/format-duration.ts';
import { ask, modelPath } from '../../api/ask.ts';
import type { ModelHealth } from '../../api/wire.ts';
import { attempt } from '../../state/notices.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorWords } from '../../ui/error-words.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Name } from '../../ui/name.tsx';

type Source = NonNullable<ModelHealth['sources']>[number];

export interface SourcesProps {
  readonly id: string;
  readonly variant: string;
  /** Best first. */
  readonly names: readonly string[];
}

/** Where its bytes would come from; whether each answers is asked only when somebody wants to know. */
export function Sources({ id, variant, names }: SourcesProps) {
  const probed = useSignal<readonly Source[] | undefined>(undefined);
  const probe = async (): Promise<void> => {
    const health = await ask<ModelHealth>(`/health${modelPath(id)}?probe=true&variant=${encodeURIComponent(variant)}`);
    probed.value = health.sources ?? [];
  };
  return (
    <section class="card">
      <div class="row between">
        <h2>Sources</h2>
        <Button onPress={() => attempt(probe)}>Ask each</Button>
      </div>
      {probed.value === undefined ? <Named names={names} /> : <Probed sources={probed.value} />}
    </section>
  );
}

function Named({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return <p class="faint">None of its own: each file has a URL</p>;
  return (
    <ol class="numbered">
      {names.map((name) => (
        <li key={name} class="mono">
          <Name text={name} />
        </li>
      ))}
    </ol>
  );
}

const Probed = ({ sources }: { readonly sources: readonly Source[] }) => (
  <ol class="numbered" aria-live="polite">
    {sources.map((source) => (
      <li key={`${source.source} ${source.file ?? ''}`}>
        <span class="mono">
          <Name text={source.source} />
        </span>
        <Answer source={source} />
      </li>
    ))}
  </ol>
);

function Answer({ source: { probe, error, credentials } }: { readonly source: Source }) {
  const problem = error ?? probe?.error;
  if (problem !== undefined)
    return (
      <p class="bad-text">
        <ErrorWords error={problem} />
      </p>
    );
  if (probe === undefined) return null;
  const facts = [
    probe.latency_ms === undefined ? '' : formatDuration(probe.latency_ms),
    probe.bytes_per_second === undefined ? '' : `${formatBytes(probe.bytes_per_second)}/s`,
    credentials === undefined ? '' : `credentials from ${credentials}`,
  ];
  return (
    <p class="row">
      <Mark verdict={probe.ok ? 'good' : 'bad'} text={probe.ok ? 'answers' : 'does not answer'} />
      <span class="faint">{facts.filter(Boolean).join(', ')}</span>
    </p>
  );
}
