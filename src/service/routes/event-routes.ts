/** Live: each job as it changes. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { PROBLEM_TYPE, problem } from '../contract/problem.ts';
import { EventStream } from '../event-stream.ts';
import type { RouteGroup, ServiceContext } from '../service-context.ts';

const headers = z.object({ 'last-event-id': z.string().max(64).optional() });
const events = {
  description: 'server-sent events: `job` with a job, `gone` with the id of one that was forgotten, `reset` where all jobs are told anew',
  content: { 'text/event-stream': { schema: z.string() } },
};
const failure = { description: 'a failure, told by `code`', content: { [PROBLEM_TYPE]: { schema: problem } } };

export const eventRoutes: RouteGroup = (app, context) => {
  app.get(
    '/events',
    {
      config: { access: 'read' },
      schema: {
        ...{
          tags: ['jobs'],
          summary: 'All jobs, then each that changes, at most twice a second; Last-Event-ID goes on where it was',
          headers,
        },
        response: { 200: events, '4xx': failure, '5xx': failure },
      },
    },
    async (request, reply) => answer(context, request, reply),
  );
};

async function answer(context: ServiceContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.type('text/event-stream').header('x-accel-buffering', 'no');
  return reply.send(request.method === 'HEAD' ? '' : stream(context, request));
}

function stream(
  { feed, epoch, stopping, standing }: ServiceContext,
  { headers: { authorization, 'last-event-id': last } }: FastifyRequest,
): EventStream {
  const lost = new AbortController();
  const lastEventId = last === undefined ? undefined : String(last);
  const told = new EventStream({ feed, epoch, lastEventId, signal: AbortSignal.any([stopping, lost.signal]) });
  told.once('close', standing.watch({ authorization, access: 'read', onLost: () => lost.abort() }));
  return told;
}
