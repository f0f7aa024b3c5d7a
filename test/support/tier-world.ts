/** A model in a world with a tier on another volume, and what must hold of it at any time. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { readStoreId } from '../../src/store/open-store.ts';
import { checkTier } from '../../src/tiers/check-tier.ts';
import { lookAtTier } from '../../src/tiers/open-tier.ts';
import { PathPlace } from '../../src/tiers/path-place.ts';
import { systemRandom } from '../../src/util/system-world.ts';
import { tempDir } from './temp-dir.ts';
import { storeContextOf } from './test-store.ts';

/** In memory where the machine has that: then it is another volume. */
export async function otherVolume(): Promise<string> {
  if (!existsSync('/dev/shm')) return tempDir();
  const directory = await mkdtemp('/dev/shm/wan-tier-');
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Every violation, of the root and of the tier that it has. */
export async function checkBoth(root: string, tierPath: string, name = 'cold'): Promise<unknown[]> {
  const violations = await checkInvariants(root);
  const store = storeContextOf(root);
  const signal = new AbortController().signal;
  const settings = { name, place: { kind: 'path', path: tierPath }, compress: false, minSizeBytes: 0 } as const;
  const place = new PathPlace({ name, path: tierPath, ownerId: 'test', random: systemRandom, memoryBudgetBytes: 96 * 1024 * 1024 });
  const tier = await lookAtTier({ settings, place, store, storeId: readStoreId(store) ?? '', signal });
  return [...violations, ...(tier ? await checkTier(store, tier, { signal }) : [])];
}

/** Files of a tier below a folder of it, relative to the tier. */
export async function filesIn(tierPath: string, under = ''): Promise<string[]> {
  try {
    const entries = await readdir(join(tierPath, under), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(tierPath.length + 1))
      .sort();
  } catch {
    return [];
  }
}
