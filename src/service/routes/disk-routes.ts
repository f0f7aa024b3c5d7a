/** What every byte is for. */
import { z } from 'zod';
import { duData } from '../../documents/du.ts';
import { duWire } from '../../wire/du-wire.ts';
import { answers } from '../contract/answers.ts';
import type { RouteGroup } from '../service-context.ts';

export const diskRoutes: RouteGroup = (app, { disk }) => {
  app.get(
    '/disk',
    {
      config: { access: 'read' },
      schema: {
        tags: ['store'],
        summary: 'What every byte under MODELS_ROOT is for, as `wan models du` tells it',
        querystring: z.object({}),
        response: answers(duData),
      },
    },
    async () => duWire(await disk.get()),
  );
};
