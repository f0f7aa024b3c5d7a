/** What Prometheus scrapes. */
import { z } from 'zod';
import type { MetricsExposition } from '../../compose/telemetry.ts';
import { PROBLEM_TYPE, problem } from '../contract/problem.ts';
import type { RouteGroup } from '../service-context.ts';

const failure = { description: 'a failure, told by `code`', content: { [PROBLEM_TYPE]: { schema: problem } } };

export const metricsRoutes =
  (exposition: MetricsExposition): RouteGroup =>
  (app) => {
    const text = { description: 'the text format of Prometheus', content: { 'text/plain': { schema: z.string() } } };
    app.get(
      '/metrics',
      {
        config: { access: 'read' },
        schema: {
          ...{ tags: ['service'], summary: 'What all processes of the root counted, what the models take, and this process itself' },
          response: { 200: text, '4xx': failure, '5xx': failure },
        },
      },
      async (_request, reply) => reply.type(exposition.contentType).send(await exposition.text()),
    );
  };
