import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { ask, modelPath } from '../../api/ask.ts';
import type { ModelDetails, ModelHealth } from '../../api/wire.ts';
import { jobs } from '../../state/live-jobs.ts';
import { pins } from '../../state/models.ts';
import { Resource, useWatched } from '../../state/resource.ts';
import { hrefOf } from '../../state/route.ts';
import { Select } from '../../ui/field.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Name } from '../../ui/name.tsx';
import { stateOf } from '../models/model-state.ts';
import { StateMark } from '../models/state-mark.tsx';
import { About } from './about.tsx';
import { Actions } from './actions.tsx';
import { Bare } from './bare.tsx';
import { Components } from './components.tsx';
import { Files } from './files.tsx';
import { ModelJobs } from './model-jobs.tsx';
import { Noted } from './noted.tsx';
import { Plan } from './plan.tsx';
import { Smoke } from './smoke.tsx';
import { Sources } from './sources.tsx';

const LOOK_MS = 4000;

export interface WholeModel {
  readonly details: ModelDetails;
  readonly health: ModelHealth;
}

/** Of what has no files there is nothing to look at. */
type LookedModel = { readonly details: ModelDetails; readonly health: ModelHealth | undefined };

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
        {model.value?.details.custom === true && <span class="tag">registered</span>}
      </h1>
      <Loaded of={model}>
        {({ details, health }) => (
          <div class="stack">
            {details.description !== '' && (
              <p class="prose">
                <Name text={details.description} />
              </p>
            )}
            {health === undefined ? (
              <Bare details={details} />
            ) : (
              <Whole whole={{ details, health }} onVariant={(picked) => (variant.value = picked)} refresh={() => model.refresh()} />
            )}
          </div>
        )}
      </Loaded>
    </>
  );
}

/** Looked at anew as soon as a job on it has ended. */
function useModel(id: string, variant: string | undefined): Resource<LookedModel> {
  const model = useMemo(() => new Resource((signal) => loadModel(id, { variant, signal })), [id, variant]);
  useWatched(model, LOOK_MS);
  const states = jobs.value
    .filter((job) => job.model?.startsWith(id) === true)
    .map(({ id: job, state }) => `${job} ${state}`)
    .join();
  const seen = useRef(states);
  useEffect(() => {
    if (seen.current !== states) void model.refresh();
    seen.current = states;
  }, [model, states]);
  return model;
}

interface Asking {
  readonly variant: string | undefined;
  readonly signal: AbortSignal;
}

async function loadModel(id: string, { variant, signal }: Asking): Promise<LookedModel> {
  const query = variant === undefined ? '' : `?variant=${encodeURIComponent(variant)}`;
  const details = await ask<ModelDetails>(`${modelPath(id)}${query}`, { signal });
  const hasFiles = details.variants.length > 0;
  return { details, health: hasFiles ? await ask<ModelHealth>(`/health${modelPath(id)}${query}`, { signal }) : undefined };
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
    <>
      <div class="row between">
        <span class="row">
          <StateMark state={stateOf({ state: health.status, status: details.status })} />
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
      <div class="split">
        <div class="stack">
          <About whole={whole} />
          {health.status !== 'COMPLETE' && health.status !== 'CORRUPT' && (
            <Plan key={`plan ${ref}`} id={details.id} variant={health.variant} />
          )}
          <Sources key={`sources ${ref}`} id={details.id} variant={health.variant} names={details.sources} />
          {health.smoke !== undefined && <Smoke note={health.smoke} />}
          <Noted details={details} />
        </div>
        <div class="stack">
          {health.components.some(({ component }) => component !== null) && <Components components={health.components} />}
          <Files files={health.files} />
        </div>
      </div>
    </>
  );
}
