/** One model: what it is, what of it is here, and what would make it whole. */
import { z } from 'zod';
import { sourcesResult } from '../../documents/models.ts';
import { formatRef } from '../../domain/model-ref.ts';
import { planWire } from '../../wire/ensure-wire.ts';
import { sourcesWire } from '../../wire/sources-wire.ts';
import { spaceWire } from '../../wire/space-wire.ts';
import { answers } from '../contract/answers.ts';
import { modelParams, modelQuery } from '../contract/model-params.ts';
import { modelDetails, modelFiles, modelPlan, modelProgress } from '../contract/models.ts';
import { flag } from '../contract/query.ts';
import { isKnown } from '../etag.ts';
import { modelDocument } from '../model-document.ts';
import { callOptions, type RouteGroup } from '../service-context.ts';
import { modelFilesWire } from '../wire/model-files-wire.ts';
import { modelProgressWire } from '../wire/model-progress-wire.ts';
import { toldSource } from '../wire/told-errors.ts';

export const modelRoutes: RouteGroup = (app, context) => {
  const { orchestrator } = context;
  const config = { access: 'read' } as const;
  const schemaOf = <Schema extends z.ZodType>(summary: string, document: Schema) => ({
    ...{ tags: ['models'], summary, params: modelParams, querystring: modelQuery, response: answers(document) },
  });

  const described = schemaOf('A model; If-None-Match holds', modelDetails);
  const response = { ...described.response, 304: z.null().meta({ description: 'as the caller has it' }) };
  app.get('/models/:id', { config, schema: { ...described, response } }, async (request, reply) => {
    const { document, etag } = await modelDocument(context, request.params.id, { ...callOptions(request, context), ...request.query });
    reply.header('etag', etag);
    return isKnown(request.headers['if-none-match'], etag) ? reply.code(304).send(null) : document;
  });

  app.get('/models/:id/status', { config, schema: schemaOf('What of a model is here', modelProgress) }, async (request) => {
    const status = await orchestrator.status(request.params.id, { ...callOptions(request, context), ...request.query });
    return modelProgressWire(status);
  });

  app.get('/models/:id/files', { config, schema: schemaOf('The files of a model', modelFiles) }, async (request) => {
    const { id } = request.params;
    const options = { ...callOptions(request, context), ...request.query };
    const spec = await orchestrator.show(id, options);
    const components = [...new Set(spec.files.flatMap(({ component }) => component ?? []))];
    return modelFilesWire(spec, await orchestrator.plan(id, { ...options, ...(components.length > 0 && { components }) }));
  });

  app.get('/models/:id/plan', { config, schema: schemaOf('What an ensure would do; changes nothing', modelPlan) }, async (request) => {
    const options = { ...callOptions(request, context), ...request.query };
    const plan = await orchestrator.plan(request.params.id, options);
    return { ...planWire(plan), space: spaceWire(await orchestrator.preflight([formatRef(plan.ref)], options)) };
  });

  app.get(
    '/models/:id/sources',
    {
      config,
      schema: {
        ...schemaOf('Where the bytes of a model would come from', sourcesResult),
        querystring: modelQuery.extend({ probe: flag.default(false).meta({ description: 'ask each for a few bytes: takes seconds' }) }),
      },
    },
    async (request) => {
      const report = await orchestrator.sources(request.params.id, { ...callOptions(request, context), ...request.query });
      return sourcesWire({ ...report, sources: report.sources.map(toldSource) });
    },
  );
};
