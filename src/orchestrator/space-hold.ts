/** Space for several models at once. Which of them cannot be planned tells its own ensure. */
import { isModelError } from '../domain/errors.ts';
import type { SpaceVerdict } from '../domain/space.ts';
import { beginIntent, type Intent } from '../store/intents.ts';
import { checkStore } from '../store/open-store.ts';
import type { Reservation } from '../store/reservations.ts';
import type { EnsureOptions } from './api.ts';
import { intentFor } from './counted-on.ts';
import { type Needs, needsNow } from './needs.ts';
import type { Orchestration } from './orchestration.ts';
import { foreseeSpace, reserveSpace } from './space.ts';
import { resolveTarget, type Target } from './target.ts';

export async function preflightOf(work: Orchestration, modelIds: readonly string[], options: EnsureOptions = {}): Promise<SpaceVerdict> {
  checkStore(work.store);
  const targets = await targetsOf(work, modelIds, options);
  const labels = targets.map(({ label }) => label);
  return foreseeSpace(work, needsOfAll(work, targets, options), labels);
}

/**
 * Until it ends all of these models count as being ensured: none makes room for another one of them.
 * @throws ModelError NO_SPACE, QUOTA_EXCEEDED
 */
export async function reserveForAll(work: Orchestration, modelIds: readonly string[], options: EnsureOptions = {}): Promise<Reservation> {
  const targets = await targetsOf(work, modelIds, options);
  const intents: Intent[] = [];
  const endIntents = async () => {
    for (const intent of intents) await intent.end();
  };
  try {
    for (const target of targets) intents.push(await beginIntent(work.store, intentFor(work, target)));
    const needs = () => needsOfAll(work, targets, options);
    const reservation = await reserveSpace(work, { label: labelOf(targets, needs()), needs, call: options });
    return { ...reservation, end: () => reservation.end().finally(endIntents) };
  } catch (error) {
    await endIntents();
    throw error;
  }
}

function labelOf(targets: readonly Target[], needs: readonly Needs[]): string {
  const isNeedy = (_: Target, at: number): boolean => needs[at]?.contents.some(({ isNew, writeBytes }) => isNew || writeBytes > 0) ?? false;
  const [first, ...others] = targets.filter(isNeedy);
  const label = first?.label ?? 'nothing';
  return others.length === 0 ? label : `${label} with ${others.length} more`;
}

const needsOfAll = (work: Orchestration, targets: readonly Target[], { force = false }: EnsureOptions): Needs[] =>
  targets.map((target) => needsNow(work, target, force));

async function targetsOf(work: Orchestration, modelIds: readonly string[], options: EnsureOptions): Promise<Target[]> {
  const targets: Target[] = [];
  for (const id of modelIds) {
    try {
      const target = await resolveTarget(work, id, options);
      // What cannot be looked at fails here, and not those that can.
      needsNow(work, target, options.force ?? false);
      targets.push(target);
    } catch (error) {
      if (!isModelError(error)) throw error;
    }
  }
  return targets;
}
