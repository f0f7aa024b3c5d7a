/** Which models there are. */
import { z } from 'zod';
import { answers } from '../contract/answers.ts';
import { listQuery, listQuestion } from '../contract/list-query.ts';
import { modelList, statistics } from '../contract/models.ts';
import { type KnownModels, knownModels } from '../known-models.ts';
import { pageOf } from '../list-models.ts';
import type { RouteGroup } from '../service-context.ts';
import { bareEntryWire } from '../wire/bare-entry-wire.ts';
import { type ModelEntry, modelEntryWire } from '../wire/model-entry-wire.ts';
import { statisticsWire } from '../wire/statistics-wire.ts';

export const listRoutes: RouteGroup = (app, context) => {
  const config = { access: 'read' } as const;

  app.get(
    '/models',
    {
      config,
      schema: {
        tags: ['models'],
        summary: 'The models of the manifest, and those that were registered',
        querystring: listQuery,
        response: answers(modelList),
      },
    },
    async (request) => {
      const question = listQuestion(request.query);
      const known = await knownModels(context);
      const { models, total } = pageOf(listed(known), question);
      const { limit, offset } = question;
      const page = Math.floor(offset / limit) + 1;
      return { models, total, limit, offset, page, page_size: limit, pages: Math.ceil(total / limit), complete: known.isWhole };
    },
  );

  app.get(
    '/models/statistics',
    { config, schema: { tags: ['models'], summary: 'How many of what kind', querystring: z.object({}), response: answers(statistics) } },
    async () => statisticsWire(await knownModels(context)),
  );
};

const listed = ({ models, bare }: KnownModels): readonly ModelEntry[] => [...models.map(modelEntryWire), ...bare.map(bareEntryWire)];
