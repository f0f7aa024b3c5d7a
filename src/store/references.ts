/** Who counts on a digest: snapshots, removed ones that are kept, live intents. Mark and sweep, never link counts. */
import type { StoreContext } from './context.ts';
import { liveIntents } from './intents.ts';
import { keptDigests } from './kept-trash.ts';
import { listSnapshots, lookAtSnapshot } from './snapshots.ts';

export interface References {
  readonly digests: ReadonlySet<string>;
  /** Snapshot directories, kept ones too, without a readable record: while there is one, nothing may be removed. */
  readonly unreadable: readonly string[];
}

export async function readReferences(context: StoreContext): Promise<References> {
  const digests = new Set<string>();
  const unreadable: string[] = [];
  for (const directory of listSnapshots(context)) {
    const record = lookAtSnapshot(context, directory);
    if (record === 'gone') continue;
    if (record === 'unreadable') unreadable.push(directory);
    else for (const file of record.files) digests.add(file.sha256);
  }
  const kept = keptDigests(context);
  for (const digest of kept.digests) digests.add(digest);
  unreadable.push(...kept.unreadable);
  for (const intent of await liveIntents(context)) for (const digest of intent.digests) digests.add(digest);
  return { digests, unreadable };
}
