/** What is told to ears alone: eyes see it where it happens. */
import { signal } from '@preact/signals';
import type { Job } from '../api/wire.ts';

export const announcement = signal('');

export function announce(ended: readonly Job[]): void {
  const [first] = ended;
  if (first === undefined) return;
  announcement.value = ended.length === 1 ? `${first.label}: ${first.state}` : `${ended.length} jobs have ended`;
}
