/** The queue: what waits, runs and has ended, and what can be asked of it. The same records as the command line's. */
import { z } from 'zod';
import { scheduleStates } from '../../compose/jobs.ts';
import { allows } from '../../credentials/api-token.ts';
import { explainData, jobDocument } from '../../documents/jobs.ts';
import { JOB_ACTIONS, type JobKind, type JobRecord } from '../../domain/jobs.ts';
import { explainJob } from '../../jobs/explain.ts';
import type { JobChanges } from '../../jobs/job-queue.ts';
import { resolveRequest } from '../../jobs/job-request.ts';
import { inShownOrder } from '../../jobs/shown-order.ts';
import { explainWire, type JobWire, scheduleWire } from '../../wire/job-wire.ts';
import type { Caller } from '../caller.ts';
import { answers } from '../contract/answers.ts';
import { idempotencyHeaders, jobChanges, jobList, jobParams, jobsQuery, newJob, priority, submittedJob } from '../contract/jobs.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import { Refusal } from '../refusal.ts';
import { callIds, type RouteGroup } from '../service-context.ts';
import { toldJob } from '../wire/told-errors.ts';

/** They remove models, or change what is pinned: as when they are done at once. */
const ADMIN_KINDS: ReadonlySet<JobKind> = new Set(['gc', 'lock']);

export const jobRoutes: RouteGroup = (app, { jobs: queue, orchestrator, config }) => {
  const [read, write] = [{ access: 'read' } as const, { access: 'write' } as const];
  const shown = (job: JobRecord): JobWire => toldJob(queue, job);
  /** Whoever may not ask for such work may not set it going again either. */
  const steered = ({ params, caller }: { readonly caller: Caller; readonly params: z.output<typeof jobParams> }): string => {
    const job = queue.find(params.id);
    requireScope(caller, job.request.kind);
    return job.id;
  };

  app.get(
    '/jobs',
    { config: read, schema: { tags: ['jobs'], summary: 'All jobs', querystring: jobsQuery, response: answers(jobList) } },
    async (request) => {
      const { state, kind, limit, offset } = request.query;
      const isMeant = (job: JobRecord): boolean =>
        (state === undefined || job.state === state) && (kind === undefined || job.request.kind === kind);
      const found = inShownOrder(queue.list().jobs.filter(isMeant));
      const page = found.slice(offset, offset + limit).map(shown);
      return {
        jobs: page,
        total: found.length,
        limit,
        offset,
        runner: await queue.hasRunner(),
        schedules: scheduleStates(config).map(scheduleWire),
      };
    },
  );

  app.post(
    '/jobs',
    {
      config: { ...write, isIdempotent: true },
      schema: { tags: ['jobs'], summary: 'Queue work', headers: idempotencyHeaders, body: newJob, response: answers(submittedJob) },
    },
    async (request) => {
      const { priority: urgency, limit_rate_bytes_per_second: limit, ...asked } = request.body;
      requireScope(request.caller, asked.kind);
      const key = idempotencyKeyOf(request);
      const { job, isNew } = await queue.submit(await resolveRequest(asked, orchestrator), {
        origin: 'http',
        ...callIds(request),
        ...(urgency !== undefined && { priority: urgency }),
        ...(limit !== undefined && { limitRateBytesPerSecond: limit }),
        ...(key !== undefined && { idempotencyKey: key }),
      });
      return { is_new: isNew, job: shown(job) };
    },
  );

  app.get(
    '/jobs/:id',
    { config: read, schema: { tags: ['jobs'], summary: 'A job', params: jobParams, response: answers(jobDocument) } },
    async (request) => shown(queue.find(request.params.id)),
  );

  app.get(
    '/jobs/:id/explain',
    {
      config: read,
      schema: { tags: ['jobs'], summary: 'Why it takes so long: what was measured', params: jobParams, response: answers(explainData) },
    },
    async (request) => {
      const job = queue.find(request.params.id);
      const progress = job.state === 'running' ? queue.progress(job.id) : undefined;
      return explainWire(explainJob(job, progress), shown(job));
    },
  );

  for (const action of JOB_ACTIONS) {
    app.post(
      `/jobs/:id/${action}`,
      { config: write, schema: { tags: ['jobs'], summary: SUMMARIES[action], params: jobParams, response: answers(jobDocument) } },
      async (request) => shown(await queue.act(steered(request), action)),
    );
  }

  app.patch(
    '/jobs/:id',
    {
      config: write,
      schema: {
        tags: ['jobs'],
        summary: 'Another priority or limit, also while it runs',
        params: jobParams,
        body: jobChanges,
        response: answers(jobDocument),
      },
    },
    async (request) => shown(await queue.change(steered(request), changesOf(request.body))),
  );

  app.post(
    '/jobs/:id/priority',
    {
      config: write,
      schema: {
        tags: ['jobs'],
        summary: 'Another priority',
        params: jobParams,
        body: z.object({ priority }),
        response: answers(jobDocument),
      },
    },
    async (request) => shown(await queue.change(steered(request), request.body)),
  );
};

const SUMMARIES = {
  pause: 'Stop it, with all that is held kept, until it is resumed',
  resume: 'Let it wait for its turn again',
  cancel: 'End it for good; what is held stays for another job',
  retry: 'Begin again what has failed or was cancelled',
} as const;

const changesOf = ({ priority: urgency, limit_rate_bytes_per_second: limit }: z.output<typeof jobChanges>): JobChanges => ({
  ...(urgency !== undefined && { priority: urgency }),
  ...(limit !== undefined && { limitRateBytesPerSecond: limit }),
});

function requireScope({ scope }: Caller, kind: JobKind): void {
  if (!ADMIN_KINDS.has(kind)) return;
  if (scope !== undefined && allows(scope, 'admin')) return;
  throw new Refusal('scope_missing', `a job of the kind ${kind} asks for a token with the scope admin`);
}
