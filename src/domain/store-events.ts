/**
 * What happened to the models of a root, on record for whoever was not there: live events, webhooks. A few of the events that verbs emit, each in
 * one form whichever process it was. Keys are snake_case: the same JSON on disk, in live events and in webhooks.
 */
import type { Via } from './acts.ts';

export const STORE_EVENT_TYPES = [
  'model.available',
  'model.removed',
  'model.error',
  'model.repaired',
  'model.pinned',
  'model.unpinned',
  'verify.failed',
  'source.lied',
  'gc.finished',
  'webhook.disabled',
] as const;
export type StoreEventType = (typeof STORE_EVENT_TYPES)[number];

export type StoreEventData = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Before it has its number. */
export interface StoreEventDraft {
  readonly type: StoreEventType;
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  /** Canonical reference. */
  readonly model?: string;
  readonly variant?: string;
  readonly correlation_id: string;
  /** By which door it was caused. */
  readonly via: Via;
  /** Plain facts; never a secret. */
  readonly data: StoreEventData;
}

export interface StoreEvent extends StoreEventDraft {
  readonly schema: 'wan.store_event/v1';
  /** Rises by one with each event of a root. */
  readonly seq: number;
}
