/** `plan`, `--dry-run`, `estimateDownloadSize`: what ensure would do. Changes nothing on disk, opens no socket. */
import type { EnsurePlan, PlannedFile } from '../domain/results.ts';
import { faultOf } from '../store/inspect-snapshot.ts';
import { checkStore } from '../store/open-store.ts';
import { redactUrl } from '../util/redact-url.ts';
import { sum } from '../util/sum.ts';
import type { EnsureOptions } from './api.ts';
import { lookAt } from './look.ts';
import { needsOf } from './needs.ts';
import type { Orchestration } from './orchestration.ts';
import { ownUrl, resolverOf } from './own-url.ts';
import type { PlannedBlob, SeenFile } from './plan-blobs.ts';
import { planCached, sumOf } from './plan-cached.ts';
import { plannedComponents } from './plan-components.ts';
import { type Doubt, NO_DOUBT, planDoubts } from './plan-doubts.ts';
import { planWork } from './plan-work.ts';
import { requireComponents } from './require-components.ts';
import { neededSpace } from './space.ts';
import { resolveTarget, type Target } from './target.ts';

export async function planEnsure(work: Orchestration, modelId: string, options: EnsureOptions = {}): Promise<EnsurePlan> {
  const target = await resolveTarget(work, modelId, options);
  requireComponents(target);
  checkStore(work.store);
  const { force = false } = options;
  const { files: seen, inspection } = lookAt(work, target, { force });
  const toDo = planWork(work, target, { files: seen, force });
  const emit = work.emitter(options, target.label, target.spec.variant);
  const planned = await planCached(work, { target, planned: toDo.files, options, emit });
  const urlOf = ownUrls(work, target, options);
  const doubts = planDoubts({ files: seen, planned: toDo.files, isDue: !inspection.complete && !force });
  const files = await Promise.all(
    planned.map(async (blob, index) => toPlannedFile({ ...blob, ...(doubts[index] ?? NO_DOUBT) }, seen[index], await urlOf(blob))),
  );
  const { fetchBytes, copyBytes } = sumOf(planned);
  const { deriveBytes } = toDo;
  const space = await neededSpace(work, [needsOf(target, { files: seen, inputs: toDo.inputs, force })]);
  return {
    ref: target.spec.ref,
    variant: target.spec.variant,
    ...target.choice,
    path: target.directory,
    sources: target.spec.sources.map(redactUrl),
    files,
    aliases: target.aliases,
    components: plannedComponents(await work.registry(), target, planned),
    totalBytes: sum(planned.map(({ file }) => file.sizeBytes)),
    fetchBytes,
    copyBytes,
    linkBytes: sum(files.map((file) => (file.action === 'link' ? file.sizeBytes : 0))),
    verifyBytes: sum(files.map((file) => file.verifyBytes)),
    mayFetchBytes: sum(files.map((file) => file.mayFetchBytes)),
    deriveBytes,
    spaceNeededBytes: space.neededBytes,
    freeBytes: space.freeBytes,
  };
}

/** Of what would be fetched; where signed URLs are handed out, whoever does that is asked. */
function ownUrls(work: Orchestration, { label }: Target, options: EnsureOptions): (blob: PlannedBlob) => Promise<string | undefined> {
  const resolveUrl = resolverOf(work, options);
  const { signal = new AbortController().signal } = options;
  return async ({ file, fetchBytes }) => (fetchBytes === 0 ? undefined : ownUrl({ model: label, file, resolveUrl, signal }));
}

function toPlannedFile(
  { file, action, fetchBytes, copyBytes, verifyBytes, mayFetchBytes }: PlannedBlob & Doubt,
  seen: SeenFile | undefined,
  url: string | undefined,
): PlannedFile {
  const fault = seen && faultOf(seen);
  return {
    path: file.path,
    sizeBytes: file.sizeBytes,
    action,
    fetchBytes,
    copyBytes,
    verifyBytes,
    mayFetchBytes,
    proof: file.proof,
    ...(file.component !== undefined && { component: file.component }),
    ...(url !== undefined && { url: redactUrl(url) }),
    ...(fault && { fault }),
  };
}
