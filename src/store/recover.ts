/** Mending what dead processes left: idempotent, without network, called by whoever takes a model's lock. */
import { statSync } from 'node:fs';
import type { Sha256 } from '../domain/digest.ts';
import type { Blobs } from './blobs.ts';
import type { StoreContext } from './context.ts';
import { intentIds, reapIntents } from './intents.ts';
import { listNames } from './list-names.ts';
import { reapLiving } from './living-records.ts';
import { Partials } from './partials.ts';
import { completePublications, pendingPublications } from './publish-snapshot.ts';
import { removePath } from './remove-path.ts';
import { withStateLock } from './state-lock.ts';
import { deadTrash, endRemoval, moveToTrash, sortTrash, type TrashedTree } from './sweep.ts';
import { keepSpareFolders } from './trash-folder.ts';

/** A record being written is older than this only when its writer died. */
const RECORD_AGE_MS = 3_600_000;
/** Of a model named `d-…` there is a staging folder here, too. */
const CAST_KEY = /^d-[0-9a-f]{64}$/;
/** Name of a staging folder inside its trash folder. */
const STAGING = 'staging';

export interface Recovery {
  /** What the caller is about to need: spared, though a removal that was cut short would give it back. */
  readonly wanted: readonly Sha256[];
  /** Told what was found, with paths relative to the root. */
  readonly onMended?: (what: 'publication' | 'staging', path: string) => void;
}

export async function recover(context: StoreContext, blobs: Blobs, recovery: Recovery): Promise<void> {
  if (hasDebris(context)) {
    const trash = await withStateLock(context, 'recover what a dead process left', () => mend(context, recovery));
    const wanted = new Set(recovery.wanted);
    for (const tree of trash) {
      const orphans = tree.orphans.filter((digest) => !wanted.has(digest));
      await endRemoval(context, blobs, { ...tree, digests: [...tree.digests, ...wanted], orphans });
    }
  }
  await reapLiving(context, 'reservations');
  await reapLiving(context, 'leases');
  for (const path of oldRecords(context)) await removePath(path);
  await removeDeadCasts(context);
  await keepSpareFolders(context);
}

/** In this order: a staging folder may be the only copy until its publication is completed, an old generation too. */
async function mend(context: StoreContext, { onMended }: Recovery): Promise<TrashedTree[]> {
  for (const path of await completePublications(context)) onMended?.('publication', path);
  await reapIntents(context);
  for (const path of deadStagings(context)) {
    await moveToTrash(context, path, STAGING);
    onMended?.('staging', context.resolver.relative(path));
  }
  return sortTrash(context);
}

const hasDebris = (context: StoreContext): boolean =>
  pendingPublications(context).length > 0 ||
  deadTrash(context).length > 0 ||
  intentIds(context).length > 0 ||
  deadStagings(context).length > 0;

/** An intent is written before its staging folder is made, and removed after that is gone. */
export function deadStagings(context: StoreContext): string[] {
  const intents = intentIds(context);
  return temporaries(context, '.partial').filter((path) => !intents.some((uuid) => path.endsWith(`.${uuid}.partial`)));
}

/** Paths of records whose writers died before the rename. */
export function oldRecords(context: StoreContext): string[] {
  const now = context.clock.now();
  const ageMs = (path: string): number => now - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now);
  return temporaries(context, '.rec').filter((path) => ageMs(path) > RECORD_AGE_MS);
}

/** A cast that was cut short begins anew: what it wrote is of use to nobody. */
async function removeDeadCasts(context: StoreContext): Promise<void> {
  const partials = new Partials(context);
  for (const key of listNames(context.resolver.tmpDir).filter((name) => CAST_KEY.test(name))) {
    const lease = await context.locks.tryAcquire(context.resolver.blobLock(key), { doing: 'remove what a cast left' });
    if (lease === undefined) continue;
    try {
      await partials.removeAll(key);
    } finally {
      await lease.release();
    }
  }
}

function temporaries(context: StoreContext, ending: string): string[] {
  const directory = context.resolver.tmpDir;
  return listNames(directory)
    .filter((name) => name.endsWith(ending))
    .map((name) => context.resolver.modelFile(directory, name));
}
