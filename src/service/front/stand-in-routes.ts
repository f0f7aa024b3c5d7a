/** What is answered where the thread of the service gives no answer: health as it was, metrics of the process, and why there is no more. */
import { z } from 'zod';
import type { StandInExposition } from '../../compose/telemetry.ts';
import type { ModelError } from '../../domain/errors.ts';
import type { Wire } from '../../wire/wire.ts';
import { answers } from '../contract/answers.ts';
import { modelsHealth, oneModelHealth, serviceHealth, storageHealth } from '../contract/health.ts';
import { modelParams } from '../contract/model-params.ts';
import { Refusal } from '../refusal.ts';
import { askedOf } from '../routes/health-routes.ts';
import type { ServiceApp } from '../service-context.ts';
import type { Ready } from '../thread/service-thread.ts';
import type { LastAnswers } from './last-answers.ts';
import type { Silence } from './silence.ts';
import { toldModel, toldModels, toldStorage, type Unseen } from './told-health.ts';

export interface StandIn {
  readonly silence: Pick<Silence, 'silentMs' | 'why'>;
  readonly last: LastAnswers;
  /** Undefined before it began. */
  readonly known: () => Ready | undefined;
  readonly root: string;
  readonly version: string;
  readonly exposition: StandInExposition;
}

type Told = Wire<typeof modelsHealth>;

export function standInRoutes(app: ServiceApp, { silence, last, known, root, version, exposition }: StandIn): void {
  const read = { access: 'read' } as const;
  const models = (unseen: Unseen): Told => toldModels(last.of('/health/models'), known()?.models ?? [], unseen);
  const unseen = (...[request, reply]: Parameters<typeof askedOf>): Unseen => ({
    error: unresponsive(silence).toJSON(),
    asked: askedOf(request, reply),
  });

  app.get('/health', { config: { access: 'open', isForAll: true }, schema: { response: answers(serviceHealth) } }, () => ({
    status: 'error' as const,
    service: 'wan-models' as const,
    version,
    timestamp: new Date().toISOString(),
    uptime_seconds: Math.round(process.uptime() * 10) / 10,
    total_models: last.of<Wire<typeof serviceHealth>>('/health')?.total_models ?? known()?.models.length ?? 0,
    error_code: 'FILESYSTEM_ERROR' as const,
    unresponsive_seconds: silence.silentMs / 1000,
  }));

  app.get('/health/models', { config: read, schema: { response: answers(modelsHealth) } }, (request, reply) =>
    models(unseen(request, reply)),
  );

  app.get('/health/storage', { config: read, schema: { response: answers(storageHealth) } }, (request, reply) =>
    toldStorage(last.of('/health/storage'), root, unseen(request, reply)),
  );

  app.get('/health/models/:id', { config: read, schema: { params: modelParams, response: answers(oneModelHealth) } }, (request, reply) => {
    const asked = unseen(request, reply);
    const told = toldModel(models(asked), request.params.id, asked);
    if (told === undefined) throw unresponsive(silence);
    return told;
  });

  app.get(
    '/metrics',
    { config: read, schema: { response: { 200: { content: { 'text/plain': { schema: z.string() } } } } } },
    async (_request, reply) => reply.type(exposition.contentType).send(await exposition.text(silence.silentMs / 1000)),
  );
}

export const unresponsive = ({ why }: Pick<Silence, 'why'>): ModelError =>
  new Refusal('file_system_silent', `this cannot be told now: ${why}`, { retryable: true });
