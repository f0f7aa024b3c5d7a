import type { locksData } from '../documents/models.ts';
import type { LockHolder } from '../domain/events.ts';
import type { Wire } from './wire.ts';

/** A lock file under the root: its path under the lock folder, and who holds it now. */
export interface LockEntry {
  readonly path: string;
  readonly held: boolean;
  readonly holder?: LockHolder;
}

export const lockWire = ({ path, held, holder }: LockEntry): Wire<typeof locksData>['locks'][number] => ({
  lock: path,
  held,
  ...(holder !== undefined && { holder: holderWire(holder) }),
});

export const holderWire = ({ pid, host, since, doing, doneBytes, totalBytes }: LockHolder) => ({
  pid,
  host,
  since,
  doing,
  ...(doneBytes !== undefined && { done_bytes: doneBytes }),
  ...(totalBytes !== undefined && { total_bytes: totalBytes }),
});
