/** What the service says of itself. */
import { z } from 'zod';
import { requireModelsRoot } from '../../config/require-models-root.ts';
import { absolutePath } from '../../documents/envelope.ts';
import { answers } from '../contract/answers.ts';
import type { OpenApiView } from '../reference/openapi-view.ts';
import { REFERENCE_CSS, referencePage } from '../reference/reference-page.ts';
import type { RouteGroup } from '../service-context.ts';

const about = z.object({
  service: z.literal('wan-models'),
  version: z.string(),
  description: z.string(),
  root: absolutePath.meta({ description: 'where the models live, on the machine of the service' }),
  endpoints: z.record(z.string(), z.string()),
});

const ENDPOINTS = {
  models: '/v1/models',
  health: '/health',
  jobs: '/v1/jobs',
  events: '/v1/events',
  metrics: '/metrics',
  dashboard: '/dashboard',
  openapi: '/openapi.json',
  reference: '/reference',
};

export const serviceRoutes: RouteGroup = (app, { config, version }) => {
  app.get('/', { config: { access: 'read' }, schema: { tags: ['service'], summary: 'What this is', response: answers(about) } }, () => ({
    service: 'wan-models' as const,
    version,
    description: 'The models of one MODELS_ROOT',
    root: requireModelsRoot(config),
    endpoints: ENDPOINTS,
  }));
};

/** What describes the service itself: only once, without a prefix. */
export const referenceRoutes: RouteGroup = (app) => {
  const options = { config: { access: 'read' }, schema: { hide: true } } as const;
  app.get('/openapi.json', options, () => app.swagger());
  app.get('/reference', options, (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(referencePage(app.swagger() as unknown as OpenApiView)),
  );
  app.get('/reference.css', options, (_request, reply) => reply.type('text/css; charset=utf-8').send(REFERENCE_CSS));
};
