/** Whether the service is heard, and since when it is not: what is shown may be old then, and says so. */
import { computed, signal } from '@preact/signals';
import type { Problem } from '../api/problem.ts';

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'lost'; readonly sinceMs: number; readonly problem: Problem };

export const connection = signal<Connection>({ state: 'connecting' });
/** How often the service came back: whatever is shown is asked for anew then. */
export const returns = signal(0);
/** Whether anybody can see the page: a browser gives a service but a few connections, and tabs that nobody looks at shall hold none. */
export const isSeen = signal(true);
export const isLive = computed(() => connection.value.state === 'live');

export function watchVisibility(): void {
  document.addEventListener('visibilitychange', () => {
    isSeen.value = !document.hidden;
  });
}

export function isHeard(): void {
  const { state } = connection.peek();
  if (state === 'live') return;
  connection.value = { state: 'live' };
  if (state === 'lost') returns.value++;
}

export function isLost(problem: Problem): void {
  const before = connection.peek();
  connection.value = { state: 'lost', sinceMs: before.state === 'lost' ? before.sinceMs : Date.now(), problem };
}
