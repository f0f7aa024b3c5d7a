/** Who changed what: the audit log, for those who rule the service, since it names users and machines. */
import type { z } from 'zod';
import { openAudit } from '../../compose/telemetry.ts';
import type { AuditLine } from '../../domain/audit.ts';
import { answers } from '../contract/answers.ts';
import { auditPage, auditQuery } from '../contract/audit.ts';
import type { RouteGroup } from '../service-context.ts';

export const auditRoutes: RouteGroup = (app, { config }) => {
  app.get(
    '/audit',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['service'],
        summary: 'The last acts that changed or removed something, the newest first',
        querystring: auditQuery,
        response: answers(auditPage),
      },
    },
    async (request) => pageOf((await openAudit(config)).linesBackwards(), request.query),
  );
};

function pageOf(newestFirst: Iterable<AuditLine>, { before, after = 0, limit }: z.output<typeof auditQuery>) {
  const lines: AuditLine[] = [];
  for (const line of newestFirst) {
    if (line.seq <= after) break;
    if (before !== undefined && line.seq >= before) continue;
    if (lines.length === limit) return { lines, more: true };
    lines.push(line);
  }
  return { lines, more: false };
}
