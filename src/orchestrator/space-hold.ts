/** Space for several models at once. Which of them cannot be planned tells its own ensure. */
import { isModelError } from '../domain/errors.ts';
import type { SpaceVerdict } from '../domain/space.ts';
import { beginIntent, type Intent } from '../store/intents.ts';
import { readStoreId } from '../store/open-store.ts';
import type { Reservation } from '../store/reservations.ts';
import type { EnsureOptions } from './api.ts';
import { intentFor } from './counted-on.ts';
import { lookAt } from './look.ts';
import { type Needs, needsOf } from './needs.ts';
import type { Orchestration } from './orchestration.ts';
import { planWork } from './plan-work.ts';
import { foreseeSpace, reserveSpace } from './space.ts';
import { resolveTarget, type Target } from './target.ts';

export async function preflightOf(work: Orchestration, modelIds: readonly string[], options: EnsureOptions = {}): Promise<SpaceVerdict> {
  readStoreId(work.store);
  const all = await needsOfAll(work, modelIds, options);
  const labels = all.map(({ target }) => target.label);
  const needs = all.map((one) => one.needs);
  return foreseeSpace(work, needs, labels);
}

/**
 * Until it ends all of these models count as being ensured: none makes room for another one of them.
 * @throws ModelError NO_SPACE, QUOTA_EXCEEDED
 */
export async function reserveForAll(work: Orchestration, modelIds: readonly string[], options: EnsureOptions = {}): Promise<Reservation> {
  const all = await needsOfAll(work, modelIds, options);
  const intents: Intent[] = [];
  const endIntents = async () => {
    for (const intent of intents) await intent.end();
  };
  try {
    for (const { target } of all) intents.push(await beginIntent(work.store, intentFor(work, target)));
    const reservation = await reserveSpace(work, { label: labelOf(all), needs: all.map(({ needs }) => needs), call: options });
    return { ...reservation, end: () => reservation.end().finally(endIntents) };
  } catch (error) {
    await endIntents();
    throw error;
  }
}

function labelOf(all: readonly Needy[]): string {
  const [first, ...others] = all.filter(({ needs }) => needs.contents.some(({ isNew, writeBytes }) => isNew || writeBytes > 0));
  const label = first?.target.label ?? 'nothing';
  return others.length === 0 ? label : `${label} with ${others.length} more`;
}

interface Needy {
  readonly target: Target;
  readonly needs: Needs;
}

async function needsOfAll(work: Orchestration, modelIds: readonly string[], options: EnsureOptions): Promise<Needy[]> {
  const needy: Needy[] = [];
  for (const id of modelIds) {
    try {
      needy.push(await needsOfOne(work, id, options));
    } catch (error) {
      if (!isModelError(error)) throw error;
    }
  }
  return needy;
}

async function needsOfOne(work: Orchestration, id: string, options: EnsureOptions): Promise<Needy> {
  const { force = false } = options;
  const target = await resolveTarget(work, id, options);
  const { files } = lookAt(work, target, { force });
  const { inputs } = planWork(work, target, { files, force });
  return { target, needs: needsOf(target, { files, inputs, force }) };
}
