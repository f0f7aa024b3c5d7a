/** Whether what was removed shows in the free space. Links and clones elsewhere, and snapshots of the volume, hold blocks that no look at the root finds. */
import { statfsSync } from 'node:fs';
import { fileSystemName } from '../store/file-system-name.ts';
import { freeBytes, promisedSpace } from '../store/reservations.ts';
import type { Orchestration } from './orchestration.ts';

const POLL_MS = 250;
/** Some free at once; some a little later, by a thread of the kernel. */
const PATIENCE_MS = 5000;
/** They free with the next commit, every 30 s where nothing else is configured. */
const FREES_BY_COMMIT: ReadonlySet<string | undefined> = new Set(['btrfs', 'zfs', 'bcachefs']);
const COMMIT_PATIENCE_MS = 35_000;

/** Before the removal. Others at work write meanwhile: what they take out of the free space, they take out of what was promised to them. */
export interface FreeSpaceMark {
  readonly freeBytes: number;
  readonly openBytes: number;
}

export async function markFreeSpace({ store }: Orchestration): Promise<FreeSpaceMark> {
  const free = freeBytes(store);
  return { freeBytes: free, openBytes: free - (await promisedSpace(store)).bytes };
}

/** @returns whether at least half of it was given back, once the file system had its time */
export async function showsAsFree(
  work: Orchestration,
  removedBytes: number,
  before: FreeSpaceMark,
  signal?: AbortSignal,
): Promise<boolean> {
  const { clock, resolver } = work.store;
  const name = fileSystemName(statfsSync(resolver.root, { bigint: true }).type);
  const endMs = clock.monotonic() + (FREES_BY_COMMIT.has(name) ? COMMIT_PATIENCE_MS : PATIENCE_MS);
  for (;;) {
    const now = await markFreeSpace(work);
    const risenBytes = Math.max(now.freeBytes - before.freeBytes, now.openBytes - before.openBytes);
    if (risenBytes * 2 >= removedBytes) return true;
    if (clock.monotonic() >= endMs) return false;
    await clock.sleep(POLL_MS, signal);
  }
}
