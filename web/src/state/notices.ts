/** What has just happened, told once: for eyes in a corner, for ears by a live region. */
import { signal } from '@preact/signals';
import { asProblem, type Problem } from '../api/problem.ts';

export interface Notice {
  readonly id: number;
  readonly kind: 'good' | 'bad';
  readonly text: string;
  readonly hint?: string;
}

const SHOWN_MS = 6000;
const MOST = 4;

export const notices = signal<readonly Notice[]>([]);
let last = 0;

export function tell(notice: Omit<Notice, 'id'>): void {
  const id = ++last;
  notices.value = [...notices.peek(), { ...notice, id }].slice(-MOST);
  // What went wrong stays until it is put away.
  if (notice.kind === 'good') setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  notices.value = notices.peek().filter((notice) => notice.id !== id);
}

const tellProblem = ({ message, hint }: Problem): void => tell({ kind: 'bad', text: message, hint });

/** Does something that a button asks for; what goes wrong is told. @returns undefined where it did */
export async function attempt<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work();
  } catch (thrown) {
    tellProblem(asProblem(thrown));
    return undefined;
  }
}
