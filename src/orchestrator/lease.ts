/** `lease`: a complete model that nobody removes while its holder lives. */
import { isModelError } from '../domain/errors.ts';
import { redactText } from '../observability/redact-text.ts';
import { beginLease } from '../store/leases.ts';
import type { LivingRecord } from '../store/living-records.ts';
import { openStore } from '../store/open-store.ts';
import type { HeldModel, LeaseOptions } from './api.ts';
import { ensureModel } from './ensure.ts';
import { contentAt } from './note-smoke.ts';
import type { Orchestration } from './orchestration.ts';
import { resolveTarget, type Target } from './target.ts';

/** The lease comes before the look at the model: what was there at that look stays. */
export async function leaseModel(work: Orchestration, modelId: string, options: LeaseOptions = {}): Promise<HeldModel> {
  const target = await resolveTarget(work, modelId, options);
  const record = await begin(work, target, options);
  try {
    const result = await ensureModel(work, modelId, options);
    const { family } = target.spec;
    return held({ ref: result.ref, family, path: result.path, content: contentAt(work, result.path), result }, record);
  } catch (error) {
    await record?.end();
    throw error;
  }
}

/** A root that cannot be written still serves; who may write it is told by nobody that it is in use. */
async function begin(work: Orchestration, { spec, label }: Target, options: LeaseOptions): Promise<LivingRecord | undefined> {
  const command = redactText(options.command ?? process.title);
  try {
    await openStore(work.store);
    return await beginLease(work.store, { family: spec.family, ref: spec.ref, command });
  } catch (error) {
    if (!isModelError(error, 'READ_ONLY') && !isModelError(error, 'PERMISSION_DENIED') && !isModelError(error, 'NO_SPACE')) throw error;
    const message = `nobody is kept from removing ${label} while it is used, since the store cannot be written: ${error.message}`;
    work.emitter(options, label)({ type: 'warning', code: 'lease_not_written', message });
    return undefined;
  }
}

function held(model: Omit<HeldModel, 'release' | typeof Symbol.asyncDispose>, record: LivingRecord | undefined): HeldModel {
  const release = async (): Promise<void> => record?.end();
  return { ...model, release, [Symbol.asyncDispose]: release };
}
