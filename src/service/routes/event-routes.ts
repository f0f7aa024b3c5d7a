/** Live: each job as it changes, and what happens to models. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isEventPattern, matchesEvent } from '../../domain/event-pattern.ts';
import { PROBLEM_TYPE, problem } from '../contract/problem.ts';
import { EventStream } from '../event-stream.ts';
import type { FeedEntry } from '../live-feed.ts';
import type { RouteGroup, ServiceContext } from '../service-context.ts';

const headers = z.object({ 'last-event-id': z.string().max(64).optional() });
const query = z.object({
  types: z
    .string()
    .max(512)
    .transform((text) => text.split(','))
    .refine((patterns) => patterns.every(isEventPattern), 'names no event: job, job.failed, model.*, gc.finished, … separated by commas')
    .optional()
    .meta({ description: 'only these, separated by commas: job, job.failed, model.*, verify.failed, gc.finished, …' }),
  model: z.string().max(512).optional().meta({ description: 'only those of this model: name@version, of one variant with @variant' }),
});
type Filter = z.output<typeof query>;

const events = {
  description:
    'server-sent events: `job` with a job, `gone` with the id of one that was forgotten, `model.available`, `model.removed`, `model.error`, `verify.failed`, `gc.finished`, … with what happened, `reset` where all jobs are told anew and events may have been missed',
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
          summary:
            'All jobs, then each that changes, and what happens to models, at most twice a second; Last-Event-ID goes on where it was',
          headers,
          querystring: query,
        },
        response: { 200: events, '4xx': failure, '5xx': failure },
      },
    },
    async (request, reply) => answer(context, { request, reply, filter: request.query }),
  );
};

interface Watching {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly filter: Filter;
}

async function answer(context: ServiceContext, { request, reply, filter }: Watching): Promise<FastifyReply> {
  reply.type('text/event-stream').header('x-accel-buffering', 'no');
  return reply.send(request.method === 'HEAD' ? '' : stream(context, request, filter));
}

function stream(
  { feed, epoch, stopping, standing }: ServiceContext,
  { headers: { authorization, 'last-event-id': last } }: FastifyRequest,
  filter: Filter,
): EventStream {
  const lost = new AbortController();
  const lastEventId = last === undefined ? undefined : String(last);
  const signal = AbortSignal.any([stopping, lost.signal]);
  const told = new EventStream({ feed, epoch, lastEventId, signal, wants: (entry) => isWanted(entry, filter) });
  told.once('close', standing.watch({ authorization, access: 'read', onLost: () => lost.abort() }));
  return told;
}

function isWanted({ type, model }: FeedEntry, { types, model: asked }: Filter): boolean {
  if (types !== undefined && !types.some((pattern) => matchesEvent(pattern, type))) return false;
  return asked === undefined || model === asked || (model?.startsWith(`${asked}@`) ?? false);
}
