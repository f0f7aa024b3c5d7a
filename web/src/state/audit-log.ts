/** The audit log, newest first: what has come since is put before it, older pages after it. */
import { signal } from '@preact/signals';
import { ask } from '../api/ask.ts';
import type { AuditLine, AuditPage } from '../api/wire.ts';
import { Resource } from './resource.ts';

const PAGE = 100;

const older = signal<readonly AuditLine[]>([]);
const hasMore = signal(false);

export const isLongerLog = (): boolean => hasMore.value;

/** All that was asked for so far. */
export const auditLog = new Resource(async (abort): Promise<readonly AuditLine[]> => {
  const known = older.peek();
  const after = known[0]?.seq;
  const { lines, more } = await ask<AuditPage>(`/audit?limit=${PAGE}${after === undefined ? '' : `&after=${after}`}`, { signal: abort });
  // More has come than a page holds: what lies between is not known, so the rest is asked for anew.
  const isGap = after !== undefined && more;
  if (after === undefined || isGap) hasMore.value = more;
  older.value = isGap ? lines : [...lines, ...known];
  return older.value;
});

/** @throws Problem */
export async function loadOlder(): Promise<void> {
  const last = older.peek().at(-1)?.seq ?? 0;
  const { lines, more } = await ask<AuditPage>(`/audit?limit=${PAGE}&before=${last}`);
  older.value = [...older.peek(), ...lines];
  hasMore.value = more;
  await auditLog.refresh();
}
