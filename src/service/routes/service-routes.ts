/** What the service says of itself. */
import { z } from 'zod';
import { answers } from '../contract/answers.ts';
import type { RouteGroup } from '../service-context.ts';

const about = z.object({
  service: z.literal('wan-models'),
  version: z.string(),
  description: z.string(),
  endpoints: z.record(z.string(), z.string()),
});

const ENDPOINTS = { models: '/v1/models', health: '/health', openapi: '/openapi.json', reference: '/reference' };

export const serviceRoutes: RouteGroup = (app, { version }) => {
  app.get('/', { config: { access: 'read' }, schema: { tags: ['service'], summary: 'What this is', response: answers(about) } }, () => ({
    service: 'wan-models' as const,
    version,
    description: 'The models of one MODELS_ROOT',
    endpoints: ENDPOINTS,
  }));
};

/** Only once, without a prefix. */
export const openApiRoute: RouteGroup = (app) => {
  app.get('/openapi.json', { config: { access: 'read' }, schema: { hide: true } }, () => app.swagger());
};
