/** Registering models that no manifest has, and noting things of any model. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { EntryFields } from '../../domain/registry-entry.ts';
import type { AnnotateRequest } from '../../orchestrator/entries/annotate-model.ts';
import { askedId } from '../asked-id.ts';
import { answers, created } from '../contract/answers.ts';
import { modelParams } from '../contract/model-params.ts';
import { modelDetails } from '../contract/models.ts';
import { changedFields, changeHeaders, entryFields, registration } from '../contract/registry.ts';
import { expectedTags } from '../etag.ts';
import { madeBy } from '../idempotency-key.ts';
import { modelDocument } from '../model-document.ts';
import { registeredFiles } from '../registered-files.ts';
import { callOptions, type RouteGroup } from '../service-context.ts';

export const registryRoutes: RouteGroup = (app, context) => {
  const config = { access: 'write' } as const;
  const { orchestrator } = context;

  app.post(
    '/models',
    {
      config,
      schema: {
        ...{ tags: ['models'], summary: 'Register a model, before any byte of it is here', body: registration },
        response: created(modelDetails),
      },
    },
    async (request, reply) => {
      const { body } = request;
      const key = madeBy(request);
      const { modelId } = await orchestrator.register(
        { modelId: askedId(body), fields: fieldsIn(body), ...registeredFiles(body), ...(key !== undefined && { madeBy: key }) },
        callOptions(request, context),
      );
      reply.code(201).header('location', `/v1/models/${encodeURIComponent(modelId)}`);
      return shown(modelId, request, reply);
    },
  );

  for (const [method, isWhole, summary] of CHANGES) {
    app.route({
      ...{ method, url: '/models/:id', config },
      schema: {
        ...{ tags: ['models'], summary, params: modelParams, headers: changeHeaders, body: changedFields },
        response: answers(modelDetails),
      },
      handler: async (request, reply) => {
        const { params, headers, body } = request as FastifyRequest & ChangeRequest;
        const expected = expectedTags(headers['if-match']);
        const change = { fields: body as AnnotateRequest['fields'], isWhole, ...(expected && { expectedTags: expected }) };
        const { modelId } = await orchestrator.annotate(params.id, change, callOptions(request, context));
        return shown(modelId, request, reply);
      },
    });
  }

  async function shown(modelId: string, request: FastifyRequest, reply: FastifyReply) {
    const { document, etag } = await modelDocument(context, modelId, callOptions(request, context));
    reply.header('etag', etag);
    return document;
  }
};

interface ChangeRequest {
  readonly params: z.output<typeof modelParams>;
  readonly headers: z.output<typeof changeHeaders>;
  readonly body: z.output<typeof changedFields>;
}

const CHANGES = [
  ['PATCH', false, 'Change some of what is noted of a model; null takes a field away'],
  ['PUT', true, 'Change all that is noted of a model: what is not named goes'],
] as const;

/** Only what is kept; a caller's other words are nobody's. */
export function fieldsIn({ model_type: modelType, ...body }: z.output<typeof registration>): EntryFields {
  const known = Object.keys(entryFields);
  const named = Object.entries(body).filter(([key, value]) => known.includes(key) && value !== undefined && value !== null);
  return { ...(modelType && { type: modelType }), ...Object.fromEntries(named) };
}
