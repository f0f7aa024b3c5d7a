/** Every group of routes, and under which prefixes it is there. */
import { createExposition } from '../../compose/telemetry.ts';
import type { RouteGroup, ServiceApp, ServiceContext } from '../service-context.ts';
import { auditRoutes } from './audit-routes.ts';
import { contentRoutes } from './content-routes.ts';
import { dashboardRoutes } from './dashboard-routes.ts';
import { diskRoutes } from './disk-routes.ts';
import { downloadRoutes } from './download-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { fleetRoutes } from './fleet-routes.ts';
import { gcRoutes } from './gc-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { hubRoutes } from './hub-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { listRoutes } from './list-routes.ts';
import { loadPlanRoutes } from './load-plan-routes.ts';
import { logRoutes } from './log-routes.ts';
import { metricsRoutes } from './metrics-routes.ts';
import { modelRoutes } from './model-routes.ts';
import { pinRoutes } from './pin-routes.ts';
import { registryRoutes } from './registry-routes.ts';
import { removeRoutes } from './remove-routes.ts';
import { referenceRoutes, serviceRoutes } from './service-routes.ts';
import { uploadBytesRoutes } from './upload-bytes-routes.ts';
import { uploadRoutes } from './upload-routes.ts';
import { verifyRoutes } from './verify-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';
import { whoamiRoutes } from './whoami-routes.ts';

const GROUPS: readonly RouteGroup[] = [
  serviceRoutes,
  whoamiRoutes,
  healthRoutes,
  listRoutes,
  modelRoutes,
  loadPlanRoutes,
  contentRoutes,
  verifyRoutes,
  pinRoutes,
  registryRoutes,
  removeRoutes,
  diskRoutes,
  gcRoutes,
  uploadRoutes,
  uploadBytesRoutes,
  jobRoutes,
  downloadRoutes,
  eventRoutes,
  hubRoutes,
  auditRoutes,
  logRoutes,
  webhookRoutes,
  fleetRoutes,
];

/** Older callers know no version; only the first prefix is in the OpenAPI document. */
const PREFIXES = ['/v1', ''] as const;

export async function registerRoutes(app: ServiceApp, context: ServiceContext): Promise<void> {
  referenceRoutes(app, context);
  dashboardRoutes(app);
  const groups = [...GROUPS, metricsRoutes(await createExposition(context.config))];
  for (const prefix of PREFIXES) {
    void app.register(
      async (scope: ServiceApp) => {
        if (prefix !== PREFIXES[0]) hideRoutes(scope);
        for (const group of groups) group(scope, context);
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
