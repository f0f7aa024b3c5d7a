/** What nobody removes. */
import { z } from 'zod';
import { pinResult, pinsData, unpinResult } from '../../documents/pins.ts';
import { parseMoment } from '../../util/parse-moment.ts';
import { pinResultWire, pinWire, unpinWire } from '../../wire/pin-wire.ts';
import { answers } from '../contract/answers.ts';
import { bodyOf } from '../contract/body.ts';
import { modelParams, modelQuery } from '../contract/model-params.ts';
import { callOptions, type RouteGroup } from '../service-context.ts';

const until = z
  .string()
  .max(64)
  .transform((text, context) => {
    const ms = parseMoment(text, Date.now());
    if (ms === undefined || ms <= Date.now())
      context.addIssue({ code: 'custom', message: 'is no moment to come: 2099-12-31, or 7d from now' });
    return new Date(ms ?? Number.NaN);
  })
  .meta({ description: 'from then on it counts no more: 2099-12-31, 2099-12-31T18:00Z, or 7d from now' });

const pinBody = bodyOf({
  variant: z.string().min(1).max(128).exactOptional(),
  reason: z.string().min(1).max(1000).exactOptional(),
  until: until.exactOptional(),
});

export const pinRoutes: RouteGroup = (app, context) => {
  const { orchestrator } = context;
  app.get(
    '/pins',
    { config: { access: 'read' }, schema: { tags: ['store'], summary: 'What nobody removes, and why', response: answers(pinsData) } },
    async () => ({ pins: (await orchestrator.pins()).map(pinWire) }),
  );

  app.put(
    '/models/:id/pin',
    {
      config: { access: 'write' },
      schema: {
        tags: ['store'],
        summary: 'Keep a model from being removed',
        params: modelParams,
        body: pinBody,
        response: answers(pinResult),
      },
    },
    async (request) => pinResultWire(await orchestrator.pinModel(request.params.id, { ...callOptions(request, context), ...request.body })),
  );

  app.delete(
    '/models/:id/pin',
    {
      config: { access: 'write' },
      schema: { tags: ['store'], summary: 'Let a model go', params: modelParams, querystring: modelQuery, response: answers(unpinResult) },
    },
    async (request) => unpinWire(await orchestrator.unpinModel(request.params.id, { ...callOptions(request, context), ...request.query })),
  );
};
