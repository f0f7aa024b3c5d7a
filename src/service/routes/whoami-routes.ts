/** What a caller may do, before it tries. */
import { z } from 'zod';
import { answers } from '../contract/answers.ts';
import { whoami } from '../contract/whoami.ts';
import type { RouteGroup } from '../service-context.ts';

export const whoamiRoutes: RouteGroup = (app) => {
  app.get(
    '/whoami',
    {
      config: { access: 'open' },
      schema: { tags: ['service'], summary: 'What this caller may do', querystring: z.object({}), response: answers(whoami) },
    },
    async ({ caller: { tokenId, tokenName = '', scope } }) => ({
      token: tokenId === undefined ? null : { id: tokenId, name: tokenName },
      scope: scope ?? null,
    }),
  );
};
