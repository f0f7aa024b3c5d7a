/** What a collection would remove and keep, each with its reason. Pure. */
import { ModelError } from '../../domain/errors.ts';
import type { GcItem, GcPlan, InUseLook } from '../../domain/gc.ts';
import type { StoreScan } from '../../store/scan-store.ts';
import { type GcRules, isFamilyQuota } from './gc-rules.ts';
import { planDebris } from './plan-debris.ts';
import { planModels } from './plan-models.ts';
import { planTrash } from './plan-trash.ts';

export interface GcView {
  readonly scan: StoreScan;
  readonly inUse: InUseLook;
  /** A path below the root, as people are told of it. */
  readonly relative: (path: string) => string;
}

/** @throws ModelError FILESYSTEM_ERROR, reason gc_record_unreadable: what cannot be read may count on anything */
export function planGc({ scan, inUse, relative }: GcView, rules: GcRules): GcPlan {
  const [unreadable] = scan.unreadable;
  if (unreadable !== undefined) throw cannotRead(relative(unreadable), scan.unreadable.length);
  const trash = planTrash(scan, rules, relative);
  const debris = [...trash.items, ...planDebris(scan, rules, relative)];
  const goes = ({ action }: GcItem): boolean => action !== 'keep';
  const models = planModels(scan, rules, {
    relative,
    debrisBytes: rules.family === undefined ? sum(debris.filter(goes)) : 0,
    trash: isFamilyQuota(rules) ? [] : trash.kept,
  });
  const removed = [...models.removed, ...debris.filter(goes)];
  const foreign = scan.foreign.map((directory): GcItem => {
    const path = relative(directory);
    return {
      kind: 'model',
      what: path,
      path,
      bytes: 0,
      action: 'keep',
      reason: 'foreign',
      why: 'not where its record says: somebody put it there',
    };
  });
  return {
    items: [...removed, ...models.kept, ...foreign, ...debris.filter((item) => !goes(item))],
    targets: models.targets,
    removeBytes: sum(removed.filter(({ action }) => action === 'remove')),
    trashBytes: sum(removed.filter(({ action }) => action === 'trash')),
    keepBytes: models.keepBytes,
    inUse,
  };
}

const sum = (items: readonly GcItem[]): number => items.reduce((total, { bytes }) => total + bytes, 0);

const cannotRead = (path: string, count: number): ModelError =>
  new ModelError(
    'FILESYSTEM_ERROR',
    `nothing is removed: ${path} has no readable record${count > 1 ? `, nor have ${count - 1} others` : ''}, so nobody knows which bytes it counts on`,
    {
      reason: 'gc_record_unreadable',
      hint: '`wan models ensure` of that model proves it anew; if it is none of yours, move it out of MODELS_ROOT',
      details: { path, count },
    },
  );
