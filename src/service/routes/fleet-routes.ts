/** What older callers ask of many machines: it is not there yet, and says so in the form of every other failure. */
import type { HTTPMethods } from 'fastify';
import { ModelError } from '../../domain/errors.ts';
import { failures } from '../contract/answers.ts';
import { PROBLEM_TYPE, problem } from '../contract/problem.ts';
import type { RouteGroup } from '../service-context.ts';

const ROUTES: readonly (readonly [HTTPMethods, string])[] = [
  ['GET', '/workers'],
  ['GET', '/workers/:worker'],
  ['PUT', '/workers/:worker'],
  ['DELETE', '/workers/:worker'],
  ['POST', '/workers/:worker/heartbeat'],
  ['GET', '/workers/:worker/optimal-for/:id'],
  ['POST', '/workers/cleanup-stale'],
  ['POST', '/models/assign'],
  ['POST', '/models/unload'],
  ['POST', '/models/:id/assign'],
  ['POST', '/models/:id/unassign'],
  ['POST', '/models/:id/unload'],
  ['GET', '/cluster/statistics'],
];

const notThere = { content: { [PROBLEM_TYPE]: { schema: problem } }, description: 'not there yet' };

export const fleetRoutes: RouteGroup = (app) => {
  for (const [method, url] of ROUTES) {
    app.route({
      ...{ method, url, config: { access: 'read' } },
      schema: { tags: ['service'], summary: 'Needs many machines: not there yet', response: { 501: notThere, '4xx': failures } },
      handler: () => {
        throw new ModelError('NOT_IMPLEMENTED', `${method} ${url} needs many machines, and this service knows but its own`, {
          reason: 'one_machine',
        });
      },
    });
  }
};
