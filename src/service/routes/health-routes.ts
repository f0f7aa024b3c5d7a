/** How all is. Nothing on disk is changed by asking, with `dry_run` or without it, and no source is asked unless `probe` says so. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { requireStore } from '../../compose/require-store.ts';
import { isModelError } from '../../domain/errors.ts';
import { healthOf } from '../../orchestrator/health/judge-health.ts';
import { answers } from '../contract/answers.ts';
import { modelsHealth, oneModelHealth, serviceHealth, storageHealth } from '../contract/health.ts';
import { modelParams } from '../contract/model-params.ts';
import { flag, text, whole } from '../contract/query.ts';
import { callOptions, type RouteGroup } from '../service-context.ts';
import { type Asked, modelsHealthWire } from '../wire/health-wire.ts';
import { oneModelHealthWire } from '../wire/model-health-wire.ts';
import { storageHealthWire } from '../wire/storage-health-wire.ts';

const budget = whole(1, 30_000)
  .default(2000)
  .meta({ description: 'how long the answer may take; what could not be looked at by then says so' });
const dryRun = flag.optional().meta({ description: 'there for older callers: asking never changes anything' });
const question = z.object({ timeout_ms: budget, dry_run: dryRun });
const modelQuestion = z.object({
  variant: text.optional(),
  probe: flag.default(false).meta({ description: 'ask each source for a few bytes: takes seconds' }),
  dry_run: dryRun,
});

export const healthRoutes: RouteGroup = (app, context) => {
  const { orchestrator, health, version, config } = context;
  const read = { access: 'read' } as const;

  app.get(
    '/health',
    {
      config: { access: 'open' },
      schema: { tags: ['health'], summary: 'Whether the service works, for whoever starts and stops it', response: answers(serviceHealth) },
    },
    async () => {
      const seen = await modelsSeen();
      return {
        status: seen.code === undefined ? ('healthy' as const) : ('error' as const),
        service: 'wan-models' as const,
        version,
        timestamp: new Date().toISOString(),
        uptime_seconds: Math.round(process.uptime() * 10) / 10,
        total_models: seen.count,
        ...(seen.code && { error_code: seen.code }),
      };
    },
  );

  app.get(
    '/health/models',
    {
      config: read,
      schema: { tags: ['health'], summary: 'Every model: what is here of it', querystring: question, response: answers(modelsHealth) },
    },
    async (request, reply) => modelsHealthWire(await health.models({ budgetMs: request.query.timeout_ms }), askedOf(request, reply)),
  );

  app.get(
    '/health/models/:id',
    {
      config: read,
      schema: {
        tags: ['health'],
        summary: 'One model: components, files, and on request whether its sources answer',
        params: modelParams,
        querystring: modelQuestion,
        response: answers(oneModelHealth),
      },
    },
    async (request) => {
      const { variant, probe } = request.query;
      const options = { ...callOptions(request, context), ...(variant !== undefined && { variant }) };
      const { id } = request.params;
      const status = await orchestrator.status(id, options);
      const spec = await orchestrator.show(id, options);
      const report = probe ? await orchestrator.sources(id, { ...options, probe: true }) : undefined;
      return oneModelHealthWire({
        health: { modelId: spec.modelId, variant: status.variant, health: healthOf(status), status, lookedAtMs: Date.now() },
        spec,
        ...(report && { sources: report.sources }),
        correlationId: request.id,
      });
    },
  );

  app.get(
    '/health/storage',
    {
      config: read,
      schema: {
        tags: ['health'],
        summary: 'Volume, quotas, tiers, and where bytes would come from',
        querystring: question,
        response: answers(storageHealth),
      },
    },
    async (request, reply) => storageHealthWire(await health.storage({ budgetMs: request.query.timeout_ms }), askedOf(request, reply)),
  );

  /** A manifest that can be read, and a root that is what it must be. */
  async function modelsSeen() {
    try {
      requireStore(config);
      return { count: (await health.listed()).length };
    } catch (error) {
      if (!isModelError(error)) throw error;
      return { count: 0, code: error.code };
    }
  }
};

/** What every answer of /health says of itself. */
export const askedOf = ({ id }: FastifyRequest, { elapsedTime }: FastifyReply): Asked => ({
  correlationId: id,
  responseMs: Math.round(elapsedTime * 1000) / 1000,
});
