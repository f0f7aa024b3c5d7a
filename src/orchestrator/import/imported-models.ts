/** What an import means for the models whose bytes were found: those that miss nothing more are published. */
import { asModelError } from '../../domain/errors.ts';
import type { ImportedModel } from '../../domain/import-results.ts';
import type { EnsurePlan } from '../../domain/results.ts';
import { ModelState } from '../../domain/status.ts';
import type { ImportOptions } from '../api.ts';
import { callOf } from '../call-of.ts';
import { ensureModel } from '../ensure.ts';
import type { Orchestration } from '../orchestration.ts';
import { planEnsure } from '../plan.ts';
import { statusOf } from '../status.ts';
import type { ImportPlan } from './plan-import.ts';
import type { WantedBlob, WantedBytes } from './wanted-bytes.ts';

/** In the order of the manifest. */
const refsOf = ({ specs }: WantedBytes, blobs: readonly WantedBlob[]): string[] => {
  const touched = new Set(blobs.flatMap(({ refs }) => [...refs]));
  return [...specs.keys()].filter((ref) => touched.has(ref));
};

/** By what names claim, and by sizes that only one wanted file has: what is read may turn out to be something else. A size that several have leaves them open. */
export async function modelsBefore(
  work: Orchestration,
  { wanted, plan }: { wanted: WantedBytes; plan: ImportPlan },
): Promise<ImportedModel[]> {
  const [likely, possible] = [
    plan.candidates.filter(({ wanted: of }) => of.size === 1),
    plan.candidates.filter(({ wanted: of }) => of.size > 1),
  ];
  const [coming, open] = [digestsIn(likely), digestsIn(possible)];
  const models: ImportedModel[] = [];
  for (const ref of refsOf(wanted, [...plan.present, ...plan.candidates.flatMap(({ wanted: of }) => [...of.values()])])) {
    const planned = await planEnsure(work, ref, { offline: true });
    const digests = new Map(wanted.specs.get(ref)?.files.map(({ path, sha256 }) => [path, sha256]));
    const still = moving(planned).filter(({ path }) => !coming.has(digests.get(path) ?? ''));
    const { maybe = [], missing = [] } = Object.groupBy(still, ({ path }) => (open.has(digests.get(path) ?? '') ? 'maybe' : 'missing'));
    const isComplete = (await statusOf(work, ref)).state === ModelState.COMPLETE;
    const state = isComplete ? 'complete' : missing.length === 0 ? 'possible' : 'partial';
    models.push({ ...modelOf(planned, missing, state), openBytes: bytesOf(maybe), openFiles: maybe.map(({ path }) => path) });
  }
  return models;
}

const digestsIn = (candidates: ImportPlan['candidates']): ReadonlySet<string> =>
  new Set(candidates.flatMap(({ wanted }) => [...wanted.keys()]));

export interface AfterImport {
  readonly wanted: WantedBytes;
  readonly touched: readonly WantedBlob[];
  readonly options: ImportOptions & { readonly signal: AbortSignal };
}

export async function modelsAfter(work: Orchestration, { wanted, touched, options }: AfterImport): Promise<ImportedModel[]> {
  const models: ImportedModel[] = [];
  for (const ref of refsOf(wanted, touched)) {
    const planned = await planEnsure(work, ref, { offline: true });
    const still = moving(planned);
    models.push(still.length > 0 ? modelOf(planned, still, 'partial') : await publish(work, { ref, planned, options }));
  }
  return models;
}

interface Publishing {
  readonly ref: string;
  readonly planned: EnsurePlan;
  readonly options: AfterImport['options'];
}

async function publish(work: Orchestration, { ref, planned, options }: Publishing): Promise<ImportedModel> {
  if ((await statusOf(work, ref)).state === ModelState.COMPLETE) return modelOf(planned, [], 'complete');
  const { signal } = options;
  try {
    await ensureModel(work, ref, { offline: true, ...callOf(options) });
    return modelOf(planned, [], 'published');
  } catch (error) {
    if (signal.aborted) throw error;
    return { ...modelOf(planned, [], 'partial'), error: asModelError(error).toJSON() };
  }
}

/** Files that a source or a cast would have to give. */
const moving = ({ files }: EnsurePlan): EnsurePlan['files'] =>
  files.filter(({ fetchBytes, action }) => fetchBytes > 0 || action === 'fetch' || action === 'derive');

const modelOf = ({ ref, path, totalBytes }: EnsurePlan, still: EnsurePlan['files'], state: ImportedModel['state']): ImportedModel => ({
  ref,
  state,
  path,
  totalBytes,
  missingBytes: bytesOf(still),
  missingFiles: still.map((file) => file.path),
  openBytes: 0,
  openFiles: [],
});

const bytesOf = (files: EnsurePlan['files']): number =>
  files.reduce((sum, { fetchBytes, action, sizeBytes }) => sum + Math.max(fetchBytes, action === 'derive' ? sizeBytes : 0), 0);
