/** `status`: reads names, sizes, times and records; never content. Changes nothing on disk. */
import type { LockHolder } from '../domain/events.ts';
import { countProofs, weakestProof } from '../domain/proof.ts';
import type { SmokeNote } from '../domain/smoke.ts';
import { type FaultyFile, type FileFault, ModelState, type ModelStatus } from '../domain/status.ts';
import { faultOf, type InspectedFile, type Inspection, provenBy } from '../store/inspect-snapshot.ts';
import { checkStore } from '../store/open-store.ts';
import { readSmokeNote } from '../store/smoke-notes.ts';
import { sum } from '../util/sum.ts';
import type { TargetOptions } from './api.ts';
import { tierOf } from './cold-copy.ts';
import { lookAt, lookAtFaulty, type Sight } from './look.ts';
import type { Orchestration } from './orchestration.ts';
import type { SeenFile } from './plan-blobs.ts';
import { planWork } from './plan-work.ts';
import { requireComponents } from './require-components.ts';
import { resolveTarget, type Target } from './target.ts';

const CORRUPT_FAULTS: ReadonlySet<FileFault> = new Set(['size', 'digest']);

export async function statusOf(work: Orchestration, modelId: string, options: TargetOptions = {}): Promise<ModelStatus> {
  const target = await resolveTarget(work, modelId, options);
  requireComponents(target);
  checkStore(work.store);
  // An index that is made from shards needs none whose cast is here: those must be seen, too.
  const sight = target.base === undefined ? lookAtFaulty(work, target) : lookAt(work, target);
  const faulty = sight.files.filter((file) => faultOf(file) !== undefined);
  const bytesNeeded = planWork(work, target, { files: sight.files, force: false }).fetchBytes;
  const tier = tierOf(work, target);
  const verifying = await isBeingVerified(work, target);
  const smoke = sight.inspection.record && readSmokeNote(work.store, target.spec.family, sight.inspection.record);
  const status = toStatus(target, sight, { faulty, bytesNeeded, verifying, ...(tier && { tier }), ...(smoke && { smoke }) });
  const holder = status.state === ModelState.COMPLETE ? undefined : await holderOf(work, target);
  return holder === undefined ? status : { ...status, holder };
}

interface Judged {
  readonly faulty: readonly SeenFile[];
  readonly bytesNeeded: number;
  readonly verifying: boolean;
  readonly tier?: string;
  readonly smoke?: SmokeNote;
}

/** Pure: what was seen, in words. */
function toStatus(target: Target, { inspection }: Sight, { faulty, bytesNeeded, verifying, tier, smoke }: Judged): ModelStatus {
  const counted = inspection.files.filter((file) => faultOf(file) === undefined);
  const proofs = counted.flatMap(({ spec, published }) => (published ? [provenBy(spec, published).proof] : []));
  const proof = weakestProof(proofs);
  const bytesHeld = sum(faulty.map((file) => file.heldBytes));
  return {
    ref: target.spec.ref,
    variant: target.spec.variant,
    state: verifying ? ModelState.VERIFYING : stateOf(inspection, faulty, bytesHeld),
    path: target.directory,
    fileCount: inspection.files.length,
    totalBytes: sum(inspection.files.map(({ spec }) => spec.sizeBytes)),
    missingFiles: faulty.filter((file) => faultOf(file) === 'missing').map((file) => file.spec.path),
    faultyFiles: faulty.flatMap(toFaultyFile),
    bytesNeeded,
    bytesHeld,
    ...(tier !== undefined && { tier }),
    ...(proof && { proof }),
    proofs: countProofs(proofs),
    ...(inspection.record && { verifiedAt: inspection.record.verifiedAt }),
    ...(smoke && { smoke }),
  };
}

function stateOf(inspection: Inspection, faulty: readonly InspectedFile[], bytesHeld: number): ModelState {
  if (faulty.length === 0 && inspection.record !== undefined) return ModelState.COMPLETE;
  if (faulty.some((file) => CORRUPT_FAULTS.has(faultOf(file) as FileFault))) return ModelState.CORRUPT;
  const nothingThere = inspection.record === undefined && bytesHeld === 0 && faulty.every((file) => file.condition === 'missing');
  return nothingThere ? ModelState.NOT_PRESENT : ModelState.PARTIAL;
}

function toFaultyFile(file: InspectedFile): FaultyFile[] {
  const fault = faultOf(file);
  return fault === undefined || fault === 'missing' ? [] : [{ path: file.spec.path, fault, sizeBytes: file.spec.sizeBytes }];
}

const isBeingVerified = (work: Orchestration, { spec }: Target): Promise<boolean> =>
  work.store.locks.isLocked(work.store.resolver.verifyLock(spec.family, spec.ref).path);

const holderOf = (work: Orchestration, { spec }: Target): Promise<LockHolder | undefined> =>
  work.store.locks.holder(work.store.resolver.modelLock(spec.family, spec.ref).path);
