/** The time, as often as words like `3 min ago` need it. */
import { signal } from '@preact/signals';

const TICK_MS = 5000;

export const nowMs = signal(Date.now());

export function watchTime(): void {
  const look = (): void => {
    if (!document.hidden) nowMs.value = Date.now();
  };
  setInterval(look, TICK_MS);
  document.addEventListener('visibilitychange', look);
}
