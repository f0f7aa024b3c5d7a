/** What the lockfile must have before a model may be worked on. */
import { ModelError } from '../domain/errors.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { ModelSpec, PartLock } from '../domain/spec.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';

export interface LockDemand {
  /** Every part must be pinned, for what the manifest says now. */
  readonly frozen?: boolean;
}

/**
 * An entry that was edited is refused always, and so is an open list that nothing pins; everything else only where `frozen` is asked for.
 * @throws ModelError LOCKFILE_STALE
 */
export async function requireLock(registry: ModelRegistry, spec: ModelSpec, { frozen = false }: LockDemand): Promise<void> {
  const { lockfilePath, hasLockfile, manifestPath } = registry;
  const wanting = spec.lock.filter(({ state }) => state !== 'locked');
  const edited = wanting.find(({ state }) => state === 'edited');
  const [part] = edited === undefined ? wanting : [edited];
  if (part === undefined || (edited === undefined && spec.filesOpen !== true && !frozen)) return;
  const state = hasLockfile ? part.state : 'no_lockfile';
  const isMade = spec.derivation !== undefined && part.id === `${spec.modelId}@${spec.variant}`;
  const why = state === 'stale' ? await whyItIsStale(manifestPath, part.id, isMade) : '';
  throw new ModelError('LOCKFILE_STALE', `${formatRef(spec.ref)}: ${WHY[state](part.id, lockfilePath)}${why}`, {
    reason: REASONS[state],
    hint:
      state === 'edited'
        ? 'take it back with git, or pin it anew: `wan models lock`'
        : `run ${isMade ? `\`wan models ensure ${formatRef(spec.ref)}\`, then ` : ''}\`wan models lock ${spec.modelId}\` and commit the result`,
    details: { model: formatRef(spec.ref), lockfile_path: lockfilePath, entries: wanting.map(({ id, state: is }) => ({ id, state: is })) },
  });
}

const REASONS: Readonly<Record<PartLock['state'] | 'no_lockfile', string>> = {
  no_lockfile: 'lockfile_missing',
  missing: 'not_locked',
  stale: 'entry_stale',
  edited: 'edited_by_hand',
  locked: 'locked',
};

const WHY: Readonly<Record<PartLock['state'] | 'no_lockfile', (id: string, path: string) => string>> = {
  no_lockfile: (id, path) => `nothing pins the files of ${id}: there is no ${path}`,
  missing: (id, path) => `nothing pins the files of ${id}: it is not in ${path}`,
  stale: (id, path) => `${path} pins ${id} for another manifest`,
  edited: (id, path) => `the entry of ${id} in ${path} is not as it was written: it was edited, or merged wrongly`,
  locked: (id) => `${id} is pinned`,
};

/** What a compiled manifest does not know: both files are read anew to say it. */
async function whyItIsStale(manifestPath: string, id: string, isMade: boolean): Promise<string> {
  const [{ openLock }, { whyStale }] = await Promise.all([import('../registry/open-lock.ts'), import('../registry/lock-view.ts')]);
  const part = openLock(manifestPath).parts.find(({ owner }) => owner.id === id);
  const why = part === undefined ? undefined : whyStale(part.owner, part.entry);
  if (why === undefined && isMade) return ': it was derived from other inputs, or by another version';
  return why === undefined ? '' : `: ${why}`;
}
