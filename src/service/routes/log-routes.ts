/** What the service says of its work, for those who rule it. */
import { answers } from '../contract/answers.ts';
import { logPage, logQuery } from '../contract/logs.ts';
import { pageOf } from '../page-of.ts';
import type { RouteGroup } from '../service-context.ts';

export const logRoutes: RouteGroup = (app, { logTail, epoch }) => {
  app.get(
    '/logs',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['service'],
        summary: 'The last lines of the log of this run of the service, the newest first',
        querystring: logQuery,
        response: answers(logPage),
      },
    },
    async ({ query: { level, ...page } }) => ({ ...pageOf(logTail.backwards(level), page), epoch }),
  );
};
