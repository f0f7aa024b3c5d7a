/** Downloads as older callers know them: each is a job, which goes on whether or not anybody looks. */
import type { z } from 'zod';
import { isFinished, type JobRecord } from '../../domain/jobs.ts';
import { formatRef } from '../../domain/model-ref.ts';
import { resolveRequest } from '../../jobs/job-request.ts';
import { megabytes } from '../../util/megabytes.ts';
import { shownJob } from '../../wire/job-wire.ts';
import { answers } from '../contract/answers.ts';
import { done, download, downloadProgress, downloadRequest, idempotencyHeaders, jobParams } from '../contract/jobs.ts';
import { modelParams } from '../contract/model-params.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import { Refusal } from '../refusal.ts';
import { callIds, callOptions, type RouteGroup } from '../service-context.ts';
import { downloadProgressWire, downloadWire } from '../wire/download-wire.ts';

/** Of a download, as different callers look for it. */
const PROGRESS_PATHS = [
  '/models/download/:id/status',
  '/models/download/:id/progress',
  '/download/:id/progress',
  '/download/:id/status',
] as const;

export const downloadRoutes: RouteGroup = (app, context) => {
  const { jobs: queue, orchestrator } = context;

  app.post(
    '/models/download',
    {
      config: { access: 'write', isIdempotent: true },
      schema: {
        tags: ['jobs'],
        summary: 'Make a model real; answers at once',
        headers: idempotencyHeaders,
        body: downloadRequest,
        response: answers(download),
      },
    },
    async (request) => {
      const asked = askedModel(request.body);
      const { force, force_download: forceDownload, priority, components, limit_rate_bytes_per_second: limit } = request.body;
      const spec = await orchestrator.show(asked.model, asked.place);
      const isForced = (force ?? false) || (forceDownload ?? false);
      const resolved = await resolveRequest(
        { kind: 'ensure', model: formatRef(spec.ref), ...(components && { components }), ...(isForced && { force: true }) },
        orchestrator,
      );
      const key = idempotencyKeyOf(request);
      const { job, isNew } = await queue.submit(resolved, {
        origin: 'http',
        ...callIds(request),
        ...(typeof priority === 'number' && { priority }),
        ...(typeof limit === 'number' && { limitRateBytesPerSecond: limit }),
        ...(key !== undefined && { idempotencyKey: key }),
      });
      return downloadWire(shownJob(queue, job), { spec, isNew, nowMs: Date.now() });
    },
  );

  for (const path of PROGRESS_PATHS) {
    app.get(
      path,
      {
        config: { access: 'read' },
        schema: { tags: ['jobs'], summary: 'How far a download is', params: jobParams, response: answers(downloadProgress) },
      },
      async (request) => downloadProgressWire(shownJob(queue, queue.find(request.params.id)), Date.now()),
    );
  }

  app.get(
    '/models/:id/download-progress',
    {
      config: { access: 'read' },
      schema: { tags: ['jobs'], summary: 'How far a model is', params: modelParams, response: answers(downloadProgress) },
    },
    async (request) => {
      const options = callOptions(request, context);
      const { ref } = await orchestrator.show(request.params.id);
      const last = jobsOf(formatRef(ref)).at(-1);
      if (last !== undefined) return downloadProgressWire(shownJob(queue, last), Date.now());
      const { state, bytesHeld, totalBytes } = await orchestrator.status(request.params.id, options);
      const isHere = state === 'COMPLETE' || state === 'VERIFYING';
      return {
        ...{ download_id: null, model_id: formatRef(ref), model_name: ref.modelId.split('@')[0] ?? '' },
        status: isHere ? ('available' as const) : ('pending' as const),
        progress_percent: isHere ? 100 : Math.min(99.9, Math.floor((1000 * bytesHeld) / Math.max(1, totalBytes)) / 10),
        ...{ downloaded_mb: megabytes(bytesHeld), total_mb: megabytes(totalBytes), speed_mbps: 0 },
        ...{ elapsed_seconds: null, eta_seconds: null, error_message: null },
      };
    },
  );

  app.post(
    '/models/:id/cancel-download',
    {
      config: { access: 'write' },
      schema: { tags: ['jobs'], summary: 'Cancel what downloads a model', params: modelParams, response: answers(done) },
    },
    async (request) => {
      const ref = formatRef((await orchestrator.show(request.params.id)).ref);
      const ids = jobsOf(ref)
        .filter((job) => !isFinished(job))
        .map(({ id }) => id);
      for (const id of ids) await queue.act(id, 'cancel');
      const message = ids.length === 0 ? `nothing downloads ${ref}` : `the download of ${ref} ends; what is held is kept`;
      return { success: true as const, message, data: { download_ids: ids }, error: null };
    },
  );

  /** Oldest first. */
  function jobsOf(ref: string): readonly JobRecord[] {
    return queue.list().jobs.filter(({ request }) => request.kind === 'ensure' && request.model === ref);
  }
};

function askedModel({ model_id: id, model_name: modelName, name, variant }: z.output<typeof downloadRequest>) {
  // An empty text says as little as none.
  const model = id || modelName || name;
  if (model) return { model, place: variant ? { variant } : {} };
  throw new Refusal('request_invalid', 'body.model_id: there is no model in it', {
    details: { problems: [{ where: 'body.model_id', message: 'is missing; model_name and name will do as well' }] },
  });
}
