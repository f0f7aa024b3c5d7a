/** All blobs of an ensure's files. Space for everything first, so that nothing moves in vain; then what is fetched, then what is made of it. */
import { isModelError } from '../domain/errors.ts';
import type { Emit } from '../domain/events.ts';
import { deriveFiles } from './derive-files.ts';
import type { EnsureRun } from './ensure-run.ts';
import { lookAt } from './look.ts';
import { needsNow } from './needs.ts';
import type { ObtainedBlob } from './obtain-blob.ts';
import type { ObtainRequest } from './obtain-files.ts';
import { type ObtainedAll, obtainInOrder, sizeOf } from './obtain-in-order.ts';
import { planCached, sumOf } from './plan-cached.ts';
import { planWork, type WorkPlan } from './plan-work.ts';
import { ranOutOfSpace, reserveSpace } from './space.ts';

export interface ObtainedWithInputs extends ObtainedAll {
  /** What derived files were made from. */
  readonly inputs: readonly ObtainedBlob[];
}

export interface ObtainedSelection extends ObtainedWithInputs {
  /** Gives back what is still reserved: for second copies, and in the family's quota. Call when all is published, or will not be. */
  readonly release: () => Promise<void>;
}

export async function obtainSelection(run: EnsureRun, force: boolean): Promise<ObtainedSelection> {
  const { work, target, meter } = run;
  const { files } = lookAt(work, target, { force });
  const plan = planWork(work, target, { files, force });
  const movedBytes = plan.fetchBytes + plan.deriveBytes;
  const totalBytes = sizeOf(files) + sizeOf(plan.inputs);
  const heldBytes = totalBytes - movedBytes;
  meter.expect(totalBytes);
  meter.foresee(heldBytes);
  run.emit({ type: 'ensure.planned', totalBytes, heldBytes, ...(await movesOf(run, plan, force)) });
  const partOf = await run.options.hold?.reserve();
  const needs = () => [needsNow(work, target, force)];
  const reservation = await reserveSpace(work, { label: target.label, needs, partOf, call: run.options });
  const { writeBytes, secondCopyBytes } = reservation.verdict;
  const unwatch = meter.watchMoved((moved) => reservation.update(Math.max(secondCopyBytes, writeBytes - moved)));
  run.emit({ type: 'ensure.phase', phase: 'transferring' });
  try {
    const all = await fetchAndDerive(run, { files, force, plan, engine: await work.engine(run.options) });
    unwatch();
    reservation.update(secondCopyBytes);
    return { ...all, release: () => reservation.end() };
  } catch (error) {
    unwatch();
    await reservation.end();
    if (!isModelError(error, 'NO_SPACE')) throw error;
    const left = planWork(work, target, { files: lookAt(work, target).files, force: false });
    throw await ranOutOfSpace(work, target.label, left.fetchBytes + left.deriveBytes, error);
  }
}

/** Where the bytes will come from that are not in the store. A cache or tier that cannot be read is told of when it is to be used. */
async function movesOf({ work, target, options, signal }: EnsureRun, plan: WorkPlan, force: boolean) {
  const emit: Emit = () => undefined;
  const planned = await planCached(work, { target, planned: plan.files, options: { ...options, signal, force }, emit });
  const { copyBytes, fetchBytes } = sumOf(planned);
  return { fetchBytes, ...(copyBytes > 0 && { copyBytes }), ...(plan.deriveBytes > 0 && { deriveBytes: plan.deriveBytes }) };
}

async function fetchAndDerive(run: EnsureRun, request: ObtainRequest & { readonly plan: WorkPlan }): Promise<ObtainedWithInputs> {
  const { fetched = [], made = [] } = Object.groupBy(request.files, ({ spec }) => (spec.derive === undefined ? 'fetched' : 'made'));
  const plain = await obtainInOrder(run, { ...request, files: fetched });
  if (made.length === 0) return { ...plain, inputs: [] };
  const derived = await deriveFiles(run, { ...request, files: made, planned: request.plan.inputs });
  run.meter.tell(true);
  return {
    obtained: new Map([...plain.obtained, ...derived.obtained]),
    unreferenced: new Set([...plain.unreferenced, ...derived.unreferenced]),
    inputs: derived.inputs,
  };
}
