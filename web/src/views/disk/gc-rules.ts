/** What gc is asked to go by, as somebody typed it -> the query of a plan. Pure. */

export interface GcRules {
  readonly olderThan: string;
  readonly maxSize: string;
  readonly free: string;
  readonly keepLast: string;
  readonly family: string;
  readonly purge: boolean;
  readonly quarantine: boolean;
}

export const NO_RULES: GcRules = { olderThan: '', maxSize: '', free: '', keepLast: '', family: '', purge: false, quarantine: false };

export function planQuery({ olderThan, maxSize, free, keepLast, family, purge, quarantine }: GcRules): string {
  const typed = { older_than: olderThan, max_size: maxSize, free, keep_last: keepLast, family };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(typed)) if (value.trim() !== '') query.set(name, value.trim());
  if (purge) query.set('purge', 'true');
  if (quarantine) query.set('quarantine', 'true');
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
