/** What a loader has to know of a model. What it needs of pipeline/ is loaded with the first request. */
import type { z } from 'zod';
import { loadPlanData } from '../../documents/pipeline.ts';
import type { LoadPlanOptions } from '../../pipeline/load-plan.ts';
import { loadPlanWire } from '../../wire/pipeline-wire.ts';
import { answers } from '../contract/answers.ts';
import { loadPlanQuery } from '../contract/load-plan.ts';
import { modelParams } from '../contract/model-params.ts';
import { callOptions, type RouteGroup } from '../service-context.ts';

export const loadPlanRoutes: RouteGroup = (app, context) => {
  app.get(
    '/models/:id/load-plan',
    {
      config: { access: 'read' },
      schema: {
        ...{ tags: ['models'], summary: 'What a loader has to know: the request is checked first; changes nothing' },
        ...{ params: modelParams, querystring: loadPlanQuery, response: answers(loadPlanData) },
      },
    },
    async (request) => {
      const { loadPlan } = await import('../../pipeline/load-plan.ts');
      const options = { ...callOptions(request, context), ...optionsOf(request.query) };
      return loadPlanWire(await loadPlan(context.orchestrator, request.params.id, options));
    },
  );
};

function optionsOf({
  variant,
  gpu,
  offload,
  guidance_scale: guidanceScale,
  guidance_scale_2: guidanceScale2,
  ...request
}: z.output<typeof loadPlanQuery>): LoadPlanOptions {
  return {
    ...(variant !== undefined && { variant }),
    ...(gpu !== undefined && { gpuBytes: gpu }),
    ...(offload !== undefined && { offload }),
    request: {
      ...request,
      ...(guidanceScale !== undefined && { guidanceScale }),
      ...(guidanceScale2 !== undefined && { guidanceScale2 }),
    },
  };
}
