import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ask, modelPath } from '../../api/ask.ts';
import type { ModelDetails, ModelHealth } from '../../api/wire.ts';
import { jobs } from '../../state/live-jobs.ts';
import { pins } from '../../state/models.ts';
import { Resource, useWatched } from '../../state/resource.ts';
import { hrefOf } from '../../state/route.ts';
import { Select } from '../../ui/field.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Name } from '../../ui/name.tsx';
import { StateMark } from '../models/state-mark.tsx';
import { About } from './about.tsx';
import { Actions } from './actions.tsx';
import { Components } from './components.tsx';
import { Files } from './files.tsx';
import { ModelJobs } from './model-jobs.tsx';
import { Plan } from './plan.tsx';
import { Smoke } from './smoke.tsx';
import { Sources } from './sources.tsx';

const LOOK_MS = 4000;

export interface WholeModel {
  readonly details: ModelDetails;
  readonly health: ModelHealth;
}

export function ModelView({ id }: { readonly id: string }) {
  const variant = useSignal<string | undefined>(undefined);
  const model = useModel(id, variant.value);
  useWatched(pins, LOOK_MS);
  return (
    <>
      <p>
        <a href={hrefOf({ view: 'models' })}>‹ All models</a>
      </p>
      <h1 class="mono">
        <Name text={id} />
      </h1>
      <Loaded of={model}>
        {(whole) => <Whole whole={whole} onVariant={(picked) => (variant.value = picked)} refresh={() => model.refresh()} />}
      </Loaded>
    </>
  );
}

/** Looked at anew as soon as a job on it has ended. */
function useModel(id: string, variant: string | undefined): Resource<WholeModel> {
  const model = useMemo(() => new Resource((signal) => loadModel(id, { variant, signal })), [id, variant]);
  useWatched(model, LOOK_MS);
  const states = jobs.value
    .filter((job) => job.model?.startsWith(id) === true)
    .map(({ id: job, state }) => `${job} ${state}`)
    .join();
  useEffect(() => void model.refresh(), [model, states]);
  return model;
}

async function loadModel(id: string, { variant, signal }: { readonly variant: string | undefined; readonly signal: AbortSignal }) {
  const query = variant === undefined ? '' : `?variant=${encodeURIComponent(variant)}`;
  const [details, health] = await Promise.all([
    ask<ModelDetails>(`${modelPath(id)}${query}`, { signal }),
    ask<ModelHealth>(`/health${modelPath(id)}${query}`, { signal }),
  ]);
  return { details, health };
}

interface WholeProps {
  readonly whole: WholeModel;
  readonly onVariant: (variant: string) => void;
  readonly refresh: () => Promise<void>;
}

function Whole({ whole, onVariant, refresh }: WholeProps) {
  const { details, health } = whole;
  const ref = health.status_detail?.ref ?? details.id;
  return (
    <div class="stack">
      {details.description !== '' && (
        <p>
          <Name text={details.description} />
        </p>
      )}
      <div class="row between">
        <span class="row">
          <StateMark state={health.status} />
          {details.variants.length > 1 && (
            <Select
              label="Variant"
              isBare
              value={health.variant}
              choices={details.variants.map((value) => ({ value, text: value }))}
              onPick={onVariant}
            />
          )}
        </span>
        <Actions whole={whole} modelRef={ref} refresh={refresh} />
      </div>
      <ModelJobs modelRef={ref} />
      <div class="cards">
        <About whole={whole} />
        <Components components={health.components} />
        <Sources key={`sources ${ref}`} id={details.id} variant={health.variant} names={details.sources} />
        {health.status !== 'COMPLETE' && <Plan key={`plan ${ref}`} id={details.id} variant={health.variant} />}
        {health.smoke !== undefined && <Smoke note={health.smoke} />}
      </div>
      <Files files={health.files} />
    </div>
  );
}
