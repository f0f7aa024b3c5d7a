/** Schema name -> what a document of that name looks like. */
import { z } from 'zod';
import { auditLinesData, auditVerifyData } from './audit.ts';
import { authLoginData, authLogoutData, authStatusData, authTokenData } from './auth.ts';
import { bundleData } from './bundle.ts';
import { duData } from './du.ts';
import { embeddingsClearData, embeddingsListData, embeddingsPathData, embeddingsStatusData } from './embeddings.ts';
import { envelope } from './envelope.ts';
import { eventDocument } from './events.ts';
import { exportData } from './export.ts';
import { gcData } from './gc.ts';
import { importData } from './import.ts';
import { explainData, jobsData } from './jobs.ts';
import { addData, diffData, lockData, outdatedData, removeData } from './lock.ts';
import { logLine } from './log-line.ts';
import { completionsData, configShowData, configTrustData, doctorData, helpData, serveData, versionData } from './machine.ts';
import { metricsData } from './metrics.ts';
import {
  ensureData,
  listData,
  locksData,
  pathData,
  planData,
  rmData,
  sourcesData,
  statusData,
  validateData,
  verifyData,
} from './models.ts';
import { execData, leaseData, pinData, pinsData, unpinData } from './pins.ts';
import { loadPlanData, prepareImageData, vramData } from './pipeline.ts';
import { rebuildData } from './rebuild.ts';
import { registryImportData } from './registry.ts';
import { repairData } from './repair.ts';
import { scrubData } from './scrub.ts';
import { searchData } from './search.ts';
import { overlaysDocument, showData } from './show.ts';
import { smokeData } from './smoke.ts';
import { storeEventDocument } from './store-events.ts';
import { tierData } from './tier.ts';
import { webhooksData } from './webhooks.ts';

const DATA = {
  'wan.models.ensure/v1': ensureData,
  'wan.registry.import/v1': registryImportData,
  'wan.models.search/v1': searchData,
  'wan.models.vram/v1': vramData,
  'wan.models.load-plan/v1': loadPlanData,
  'wan.models.prepare-image/v1': prepareImageData,
  'wan.models.smoke/v1': smokeData,
  'wan.models.status/v1': statusData,
  'wan.models.check/v1': statusData,
  'wan.models.list/v1': listData,
  'wan.models.show/v1': showData,
  'wan.models.path/v1': pathData,
  'wan.models.plan/v1': planData,
  'wan.models.sources/v1': sourcesData,
  'wan.models.verify/v1': verifyData,
  'wan.models.du/v1': duData,
  'wan.models.scrub/v1': scrubData,
  'wan.models.rebuild/v1': rebuildData,
  'wan.models.repair/v1': repairData,
  'wan.models.rm/v1': rmData,
  'wan.models.gc/v1': gcData,
  'wan.models.pin/v1': pinData,
  'wan.models.unpin/v1': unpinData,
  'wan.models.pins/v1': pinsData,
  'wan.models.exec/v1': execData,
  'wan.models.lease/v1': leaseData,
  'wan.models.validate/v1': validateData,
  'wan.models.lock/v1': lockData,
  'wan.models.update/v1': lockData,
  'wan.models.outdated/v1': outdatedData,
  'wan.models.add/v1': addData,
  'wan.models.remove/v1': removeData,
  'wan.models.diff/v1': diffData,
  'wan.models.locks/v1': locksData,
  'wan.models.jobs/v1': jobsData,
  'wan.models.explain/v1': explainData,
  'wan.models.tier/v1': tierData,
  'wan.models.bundle/v1': bundleData,
  'wan.models.import/v1': importData,
  'wan.models.export/v1': exportData,
  'wan.embeddings.status/v1': embeddingsStatusData,
  'wan.embeddings.list/v1': embeddingsListData,
  'wan.embeddings.clear/v1': embeddingsClearData,
  'wan.embeddings.path/v1': embeddingsPathData,
  'wan.metrics/v1': metricsData,
  'wan.audit.tail/v1': auditLinesData,
  'wan.audit.show/v1': auditLinesData,
  'wan.audit.verify/v1': auditVerifyData,
  'wan.auth.login/v1': authLoginData,
  'wan.auth.status/v1': authStatusData,
  'wan.auth.logout/v1': authLogoutData,
  'wan.auth.token/v1': authTokenData,
  'wan.webhooks/v1': webhooksData,
  'wan.serve/v1': serveData,
  'wan.doctor/v1': doctorData,
  'wan.config.show/v1': configShowData,
  'wan.config.trust/v1': configTrustData,
  'wan.completions/v1': completionsData,
  'wan.help/v1': helpData,
  'wan.version/v1': versionData,
  /** Of a command line without a verb that could be understood; never has data. */
  'wan.error/v1': z.never(),
} as const satisfies Record<string, z.ZodType>;

export const DOCUMENTS: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.entries(DATA).map(([name, data]) => [name, envelope(name, data)]),
);

/** The published JSON Schemas: file name under schemas/ -> content. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const lines = {
    'wan.event/v1': eventDocument,
    'wan.log/v1': logLine,
    'wan.store_event/v1': storeEventDocument,
    'wan.overlays/v1': overlaysDocument,
  };
  const published = Object.entries({ ...DOCUMENTS, ...lines });
  return new Map(published.map(([name, document]) => [`${name.replace('/', '.')}.json`, schemaText(name, document)]));
}

const schemaText = (name: string, document: z.ZodType): string =>
  `${JSON.stringify({ title: name, ...z.toJSONSchema(document, { io: 'input' }) }, null, 2)}\n`;
