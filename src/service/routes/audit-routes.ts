/** Who changed what: the audit log, for those who rule the service, since it names users and machines. */
import { openAudit } from '../../compose/telemetry.ts';
import { answers } from '../contract/answers.ts';
import { auditPage } from '../contract/audit.ts';
import { lineQuery } from '../contract/line-page.ts';
import { pageOf } from '../page-of.ts';
import type { RouteGroup } from '../service-context.ts';

export const auditRoutes: RouteGroup = (app, { config }) => {
  app.get(
    '/audit',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['service'],
        summary: 'The last acts that changed or removed something, the newest first',
        querystring: lineQuery,
        response: answers(auditPage),
      },
    },
    async ({ query }) => pageOf((await openAudit(config)).linesBackwards(query.before), query),
  );
};
