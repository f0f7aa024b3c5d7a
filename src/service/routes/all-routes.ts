/** Every group of routes, and under which prefixes it is there. */
import type { RouteGroup, ServiceApp, ServiceContext } from '../service-context.ts';
import { downloadRoutes } from './download-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { openApiRoute, serviceRoutes } from './service-routes.ts';

const GROUPS: readonly RouteGroup[] = [serviceRoutes, healthRoutes, jobRoutes, downloadRoutes, eventRoutes];

/** Older callers know no version; only the first prefix is in the OpenAPI document. */
const PREFIXES = ['/v1', ''] as const;

export function registerRoutes(app: ServiceApp, context: ServiceContext): void {
  openApiRoute(app, context);
  for (const prefix of PREFIXES) {
    void app.register(
      async (scope: ServiceApp) => {
        if (prefix !== PREFIXES[0]) hideRoutes(scope);
        for (const group of GROUPS) group(scope, context);
      },
      { prefix },
    );
  }
}

function hideRoutes(scope: ServiceApp): void {
  scope.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, hide: true };
  });
}
